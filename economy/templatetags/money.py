"""Amounts in templates: øre in, «1 234,50 kr» out."""

from __future__ import annotations

from django import template

from economy import money

register = template.Library()
register.filter("kr", money.kr)
register.filter("kroner", money.amount)

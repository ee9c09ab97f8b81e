FROM python:3.13-slim
WORKDIR /app
RUN apt-get update && apt-get install -y --no-install-recommends npm && rm -rf /var/lib/apt/lists/*
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
RUN python -m clinic_notify.fetch_ui \
    && SECRET_KEY=build VAR_DIR=/app/var python manage.py collectstatic --noinput \
    && useradd --system --home /app pasientvarsel && chown -R pasientvarsel /app/var
USER pasientvarsel
EXPOSE 8000
CMD ["gunicorn", "clinic_notify.wsgi", "--bind", "0.0.0.0:8000", "--workers", "4", "--threads", "4"]

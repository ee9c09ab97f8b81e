// SMS parts by GSM 03.38: 160/153 septets, or 70/67 UTF-16 units as soon as one character is outside the alphabet.
const BASIC = new Set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà");
const EXT = new Set("^{}\\[~]|€\f");
export function smsParts(text) {
  const chars = [...text], odd = [...new Set(chars.filter((c) => !BASIC.has(c) && !EXT.has(c)))], unicode = odd.length > 0;
  const size = unicode ? (c) => c.length : (c) => (EXT.has(c) ? 2 : 1), [one, many] = unicode ? [70, 67] : [160, 153];
  const used = chars.reduce((n, c) => n + size(c), 0);
  if (used <= one) return { unicode, odd, used, per: one, parts: 1 };
  let parts = 1, fill = 0;   // greedy: an escape pair or a surrogate pair is never split over two parts
  for (const c of chars) { const n = size(c); if (fill + n > many) { parts += 1; fill = 0; } fill += n; }
  return { unicode, odd, used, per: many, parts };
}

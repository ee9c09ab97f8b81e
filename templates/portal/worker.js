{% autoescape off %}/* The app's worker: shows pushes, opens what they are about, and says when there is no network. Keeps style sheets and one
   page; never a page with anything of anyone. */
const KNOWN = {{ known }};
{% endautoescape %}{% verbatim %}
const TOKEN = /^[\w-]{16,24}$/;
const OWN = "portal-subscription"; // the cache in which our own subscription is remembered
const OWN_KEY = `${KNOWN.home}app/abonnement/`;

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(forgetOld()));
self.addEventListener("fetch", answer);
self.addEventListener("push", (event) => event.waitUntil(show(event.data)));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(placeOf(event.notification.data)));
});
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));

async function keep() {
  const cache = await caches.open(KNOWN.kept);
  await cache.addAll([KNOWN.offline, ...KNOWN.files]);
  await self.skipWaiting();
}

async function forgetOld() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith("portal-") && ![KNOWN.kept, OWN].includes(name));
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** The network always comes first; only the offline page and its style sheets come from what is kept. */
function answer(event) {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => kept(KNOWN.offline)));
  } else if (KNOWN.files.includes(new URL(request.url).pathname)) {
    event.respondWith(fetch(request).catch(() => kept(request)));
  }
}

async function kept(what) {
  const cache = await caches.open(KNOWN.kept);
  return (await cache.match(what)) ?? Response.error();
}

function show(data) {
  const { text, token } = read(data);
  const options = { body: text, icon: KNOWN.icon, lang: "nb", tag: token, data: token };
  return self.registration.showNotification(KNOWN.title, options);
}

/** Browsers demand that every push is shown: one that cannot be read is told of as such. */
function read(data) {
  try {
    const { text, token } = data.json();
    if (typeof text === "string" && text) return { text, token: TOKEN.test(token) ? token : "" };
  } catch (problem) {
    console.warn("push", problem.name);
  }
  return { text: KNOWN.unreadable, token: "" };
}

/** The notice's own page asks for log-in and goes on to what it is about. */
function placeOf(token) {
  return TOKEN.test(token) ? `${KNOWN.home}varsel/${token}/` : KNOWN.home;
}

/** The push service has replaced our subscription: the server goes on with the new one, for the same person. */
async function renew({ oldSubscription, newSubscription }) {
  const own = await caches.open(OWN);
  const old = oldSubscription?.toJSON() ?? (await (await own.match(OWN_KEY))?.json());
  if (!old) return;
  const wanted = { userVisibleOnly: true, applicationServerKey: KNOWN.key };
  const fresh = (newSubscription ?? (await self.registration.pushManager.subscribe(wanted))).toJSON();
  const headers = { "Content-Type": "application/json" };
  const said = await fetch(KNOWN.renew, { method: "POST", headers, body: JSON.stringify({ old, fresh }) });
  if (said.ok) await own.put(OWN_KEY, new Response(JSON.stringify(fresh)));
}
{% endverbatim %}

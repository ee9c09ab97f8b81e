// Reloads the page when a message has come; without script the page refreshes itself every five seconds.
const shown = document.body.dataset.revision;

async function look() {
  const busy = document.hidden || document.querySelector("details[open], form");
  if (!busy) {
    try {
      const answer = await fetch("/pulse");
      const { revision } = await answer.json();
      if (String(revision) !== shown) location.reload();
    } catch {
      return; // the sandbox is being restarted; the next look tells
    }
  }
}

setInterval(look, 1500);

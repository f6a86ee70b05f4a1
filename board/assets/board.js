// Keeps an open page of the board up to date: it asks for the same page again and puts
// the new content in place. Where no answer comes, the page says since when it is old
// and turns grey. Without this script the page works as well.
"use strict";
(() => {
  const every = Number(document.body.dataset.refresh) * 1000;
  const patience = 10000;
  const stale = document.getElementById("stale");
  let shown = document.getElementById("live").outerHTML;
  let timer;

  // Times are sent in UTC; readers get them in their own zone.
  const clock = new Intl.DateTimeFormat(document.documentElement.lang, {
    month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short",
  });
  const seconds = new Intl.DateTimeFormat(document.documentElement.lang, {
    month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  });
  const localize = (part) => {
    for (const t of part.querySelectorAll("time[datetime]")) {
      const at = new Date(t.dateTime);
      if (!Number.isNaN(at.getTime())) t.textContent = clock.format(at);
    }
  };

  const replace = (text) => {
    const next = new DOMParser().parseFromString(text, "text/html");
    const main = next.getElementById("live");
    if (!main) throw new Error("the answer is not a page of the board");
    document.title = next.title;
    if (main.outerHTML === shown) return;
    shown = main.outerHTML;
    const old = document.getElementById("live");
    for (const d of main.querySelectorAll("details[id]")) {
      const was = document.getElementById(d.id);
      if (was) d.open = was.open;
    }
    const links = [...old.querySelectorAll("a, summary")];
    const focus = links.indexOf(document.activeElement);
    const same = (e) => e.getAttribute("href") === links[focus].getAttribute("href") && e.textContent === links[focus].textContent;
    localize(main);
    old.replaceWith(document.adoptNode(main));
    if (focus >= 0) [...main.querySelectorAll("a, summary")].find(same)?.focus({ preventScroll: true });
  };

  const failed = () => {
    if (!document.body.classList.contains("stale")) {
      const at = document.getElementById("live").dataset.at;
      const slot = stale.querySelector("time");
      if (at) {
        slot.dateTime = at;
        slot.textContent = seconds.format(new Date(at));
      }
      document.body.classList.add("stale");
      stale.hidden = false;
    }
  };

  const refresh = async () => {
    clearTimeout(timer);
    try {
      const answer = await fetch(location.href, { cache: "no-cache", credentials: "same-origin", signal: AbortSignal.timeout(patience) });
      if (!answer.ok && answer.status !== 404) throw new Error(answer.statusText);
      replace(await answer.text());
      document.body.classList.remove("stale");
      stale.hidden = true;
    } catch {
      failed();
    }
    timer = setTimeout(refresh, every);
  };

  localize(document);
  timer = setTimeout(refresh, every);
  document.addEventListener("visibilitychange", () => { // one that was hidden may be old
    clearTimeout(timer);
    if (!document.hidden) refresh();
  });
})();

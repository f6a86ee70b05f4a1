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

  // What somebody has selected, by where it stands in the text of the page.
  const selected = (part) => {
    const s = getSelection();
    if (!s || s.isCollapsed || !part.contains(s.anchorNode) || !part.contains(s.focusNode)) return null;
    const range = s.getRangeAt(0);
    const before = document.createRange();
    before.setStart(part, 0);
    before.setEnd(range.startContainer, range.startOffset);
    return { at: before.toString().length, text: range.toString() };
  };

  // Selects it again: the same text, where it stands nearest to its old place; where it has
  // changed, what stands there now.
  const select = (part, was) => {
    const all = part.textContent;
    let at = -1;
    for (let i = all.indexOf(was.text); i >= 0; i = all.indexOf(was.text, i + 1)) {
      if (at < 0 || Math.abs(i - was.at) < Math.abs(at - was.at)) at = i;
    }
    const from = at < 0 ? Math.min(was.at, all.length) : at;
    const ends = [from, Math.min(from + was.text.length, all.length)];
    const places = [];
    const walk = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    let begin = 0;
    for (let n = walk.nextNode(); n && places.length < 2; n = walk.nextNode()) {
      const end = begin + n.data.length;
      while (places.length < 2 && (places.length ? ends[1] <= end : ends[0] < end)) places.push([n, ends[places.length] - begin]);
      begin = end;
    }
    if (places.length === 2) getSelection().setBaseAndExtent(...places[0], ...places[1]);
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
    const was = selected(old);
    localize(main);
    old.replaceWith(document.adoptNode(main));
    if (was) select(main, was);
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

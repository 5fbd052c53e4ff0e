"use strict";
(() => {
  // Everything that is shown is put there as text: nothing that a repository holds can become markup.
  const data = JSON.parse(document.getElementById("data").textContent);
  const keys = data.keys, strings = data.strings, commits = data.commits, paths = data.paths;
  const PAGE = 100, BARS = 40, PRINTED = 300, PLACES = 500, ON_PAPER = 12;
  const SEVERITY = ["critical", "high", "medium", "low", "info"];
  const at = (id) => document.getElementById(id);
  const make = (name, attributes, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (value !== null && value !== undefined) element.setAttribute(key, value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  };
  const draw = (name, attributes, text) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const number = (n) => n.toLocaleString("en-US");
  const plural = (n, word) => number(n) + " " + word + (n === 1 ? "" : "s");
  const where = (key) => key.state + (key.remote ? ", pushed" : "");
  const day = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 10);

  keys.forEach((key, place) => {
    key.danger = place;
    key.text = null;
  });
  // What a search looks in, made when it is first asked for.
  const searched = (key) => {
    if (key.text === null) {
      const names = key.places.map((place) => paths[place[0]]);
      const people = key.places.map((place) => (place[2] < 0 ? "" : commits[place[2]].slice(0, 4).join(" ")));
      key.text = [key.title, key.provider, key.rule, key.secret, key.fingerprint, key.uses.join(" "), key.refs.join(" ")]
        .concat(Array.from(new Set(names)), Array.from(new Set(people))).join("\n").toLowerCase();
    }
    return key.text;
  };
  const order = {
    danger: (a, b) => a.danger - b.danger,
    severity: (a, b) => SEVERITY.indexOf(a.severity) - SEVERITY.indexOf(b.severity) || a.danger - b.danger,
    first: (a, b) => (a.time ? a.time[0] : Infinity) - (b.time ? b.time[0] : Infinity) || a.danger - b.danger,
    days: (a, b) => (b.days || 0) - (a.days || 0) || a.danger - b.danger,
    places: (a, b) => b.places.length - a.places.length || a.danger - b.danger,
    provider: (a, b) => (a.provider < b.provider ? -1 : a.provider > b.provider ? 1 : a.danger - b.danger),
  };

  let shown = keys, rendered = 0;

  const row = (term, value) => (value ? [make("dt", {}, term), make("dd", {}, value)] : []);
  const commitText = (index) => {
    if (index < 0) return null;
    const [id, date, name, email, summary] = commits[index];
    return id.slice(0, 10) + (date ? " " + date.slice(0, 10) : "") + (name ? ", " + name + " <" + email + ">" : "") +
      (summary ? ": " + summary : "");
  };
  const copyButton = (text, code) => {
    const button = make("button", { type: "button" }, "Copy");
    button.addEventListener("click", () => {
      const done = () => { button.textContent = "Copied"; };
      const select = () => {
        const range = document.createRange();
        range.selectNodeContents(code);
        getSelection().removeAllRanges();
        getSelection().addRange(range);
        button.textContent = "Selected";
      };
      if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, select);
      else select();
    });
    return button;
  };
  const body = (key) => {
    const list = make("dl", {},
      ...row("State", where(key) + (key.days ? ", for " + plural(key.days, "day") : "") + (key.suppressed ? " (accepted: it does not count)" : "")),
      ...row("First commit", commitText(key.first)),
      ...row("Last commit", commitText(key.last)),
      ...row("Removed by", commitText(key.removed)),
      ...row("Introduced in", key.origin + (key.also.length ? "; also in " + key.also.join(", ") : "")),
      ...row("Also committed by", key.touched.join(", ")),
      ...row("Used as", key.uses.join(", ")),
      ...row("Reuse", key.reuse),
      ...row("Public", key.exposures.join("; ")),
      ...row("Carried by", key.carriers.join(", ")),
      ...row("Rotation", key.replaced || (key.overdue ? "overdue: " + plural(key.overdue, "day") + " old and still there" : null)),
      ...row("References", key.refs.length ? key.refs.map((name) => name.replace(/^refs\/(heads|remotes|tags)\//, "")).join(", ") + (key.refsTotal > key.refs.length ? " and " + (key.refsCut ? "at least " : "") + number(key.refsTotal - key.refs.length) + " more" : "") : null),
      ...row("Rule", key.rule + ", " + key.severity + ", " + key.confidence),
      ...row("Fingerprint", make("code", {}, key.fingerprint)));
    const steps = make("ol", { class: "steps" });
    key.steps.forEach(([text, command]) => {
      const item = make("li", {}, make("label", {}, make("input", { type: "checkbox" }), make("span", {}, strings[text])));
      if (command >= 0) {
        const code = make("code", {}, strings[command]);
        item.append(make("div", { class: "run" }, code, copyButton(strings[command], code)));
      }
      steps.append(item);
    });
    const places = make("ul", { class: "places", tabindex: "0", "aria-label": "Places" });
    key.places.slice(0, PLACES).forEach(([path, line, first, , head]) => {
      const who = commitText(first);
      places.append(make("li", {}, make("code", {}, paths[path] + (line ? ":" + line : "")), head ? " (in HEAD)" : "", who ? " – " + who : ""));
    });
    if (key.places.length > ON_PAPER) {
      places.append(make("li", { class: "on-paper" }, "and " + number(key.places.length - ON_PAPER) + " more, in this page on a screen"));
    }
    if (key.places.length > PLACES) places.append(make("li", {}, "and " + number(key.places.length - PLACES) + " more, in the json report"));
    return make("div", { class: "body" }, list, make("h3", {}, "What to do"), steps,
      make("h3", {}, plural(key.places.length, "place") + ", " + plural(key.versions, "version")), places);
  };
  const entry = (key) => {
    const head = make("summary", {},
      make("span", { class: "sev " + key.severity }, key.severity),
      make("span", {}, where(key)), make("code", {}, key.secret),
      make("span", { class: "what" }, key.title),
      make("span", { class: "much" }, (key.days ? plural(key.days, "day") + ", " : "") + plural(key.places.length, "place")));
    const details = make("details", {}, head);
    const fill = () => { if (!details.querySelector(".body")) details.append(body(key)); };
    details.addEventListener("toggle", () => { if (details.open) fill(); });
    details.fill = fill;
    return make("li", {}, details);
  };
  const more = (count) => {
    const list = at("list");
    list.append(...shown.slice(rendered, rendered + count).map(entry));
    rendered = Math.min(rendered + count, shown.length);
    at("more").hidden = rendered >= shown.length;
    at("more").textContent = "Show " + number(Math.min(PAGE, shown.length - rendered)) + " more of " + number(shown.length - rendered);
  };

  const chart = (width) => {
    const bars = shown.filter((key) => key.time).slice(0, BARS);
    at("time").hidden = bars.length === 0;
    if (bars.length === 0) return;
    const label = Math.min(230, Math.max(96, Math.floor(width * 0.28))), right = 34, step = 20, top = 22;
    const begin = Math.min(...bars.map((key) => key.time[0])), end = Math.max(...bars.map((key) => key.time[1]), begin + 86400);
    const x = (seconds) => label + ((seconds - begin) / (end - begin)) * (width - label - right);
    const height = top + bars.length * step + 6;
    const svg = draw("svg", { width, height, viewBox: "0 0 " + width + " " + height, role: "img",
      "aria-label": "Time line of " + plural(bars.length, "key") + " from " + day(begin) + " to " + day(end) + "; the list below says the same" });
    const firstYear = new Date(begin * 1000).getUTCFullYear(), lastYear = new Date(end * 1000).getUTCFullYear();
    const ticks = [];
    for (let year = firstYear; year <= lastYear + 1; year++) ticks.push([Date.UTC(year, 0, 1) / 1000, String(year)]);
    let inside = ticks.filter(([seconds]) => seconds > begin && seconds < end);
    while (inside.length > (width - label) / 60) inside = inside.filter((_, i) => i % 2 === 0);
    if (inside.length === 0) inside = [[begin, day(begin)]];
    inside.forEach(([seconds, text]) => {
      svg.append(draw("line", { x1: x(seconds), x2: x(seconds), y1: top - 4, y2: height }), draw("text", { x: x(seconds), y: 12, class: "axis" }, text));
    });
    bars.forEach((key, i) => {
      const y = top + i * step, left = x(key.time[0]), wide = Math.max(3, x(key.time[1]) - left);
      const fit = Math.floor(label / 7.3) - 1;
      const name = key.secret.length > fit ? key.secret.slice(0, fit - 1) + "…" : key.secret;
      const group = draw("g", {});
      group.append(draw("title", {}, key.title + ", " + where(key) + ": " + day(key.time[0]) + " to " + (key.head ? "now" : day(key.time[1]))),
        draw("text", { x: 0, y: y + 12 }, name),
        draw("rect", { x: left, y: y + 3, width: wide, height: 11, rx: 2, class: key.severity }));
      if (key.head) group.append(draw("circle", { cx: left + wide + 7, cy: y + 8.5, r: 4, class: "mark" }));
      if (key.remote) group.append(draw("path", { d: "M" + (left + wide + (key.head ? 14 : 4)) + " " + (y + 13) + "l5 -9l5 9z", class: "mark" }));
      svg.append(group);
    });
    at("chart").replaceChildren(svg);
    if (shown.filter((key) => key.time).length > BARS) at("chart").append(make("p", { class: "legend" }, "The first " + BARS + " of the list; filter and sort to see others."));
  };
  const width = () => Math.max(280, at("chart").clientWidth || at("list").clientWidth || 700);

  const names = ["q", "state", "severity", "provider", "sort"];
  const apply = (save) => {
    const value = Object.fromEntries(names.map((name) => [name, at(name).value]));
    const words = value.q.toLowerCase().split(/\s+/).filter(Boolean);
    shown = keys.filter((key) =>
      (!value.state || where(key) === value.state) && (!value.severity || key.severity === value.severity) &&
      (!value.provider || key.provider === value.provider) && words.every((word) => searched(key).includes(word)));
    if (value.sort !== "danger") shown = shown.slice().sort(order[value.sort] || order.danger);
    at("count").textContent = shown.length === keys.length ? plural(keys.length, "key") : plural(shown.length, "key") + " of " + number(keys.length);
    at("list").replaceChildren();
    rendered = 0;
    more(PAGE);
    chart(width());
    if (save) {
      const hash = new URLSearchParams(names.filter((name) => value[name] && value[name] !== "danger").map((name) => [name, value[name]]));
      try { history.replaceState(null, "", "#" + hash); } catch (_) { /* Some viewers have no addresses. */ }
    }
  };
  const options = (id, values) => values.forEach((value) => at(id).append(make("option", { value }, value)));
  options("state", Array.from(new Set(keys.map(where))));
  options("severity", SEVERITY.filter((severity) => keys.some((key) => key.severity === severity)));
  options("provider", Array.from(new Set(keys.map((key) => key.provider))).filter(Boolean).sort());
  const restore = () => {
    const saved = new URLSearchParams(location.hash.slice(1));
    names.forEach((name) => { if (saved.has(name)) at(name).value = saved.get(name); });
    if (!at("sort").value) at("sort").value = "danger";
  };
  at("filters").hidden = false;
  at("filters").addEventListener("submit", (event) => event.preventDefault());
  let timer = 0;
  at("q").addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => apply(true), 120); });
  names.slice(1).forEach((name) => at(name).addEventListener("change", () => apply(true)));
  at("more").addEventListener("click", () => {
    const next = rendered;
    more(PAGE);
    const first = at("list").children[next];
    if (first) first.querySelector("summary").focus();
  });
  addEventListener("hashchange", () => { restore(); apply(false); });
  addEventListener("resize", () => chart(width()));
  let closed = [];
  addEventListener("beforeprint", () => {
    if (rendered < PRINTED) more(PRINTED - rendered);
    chart(680);
    closed = Array.from(document.querySelectorAll("#list details:not([open])"));
    closed.forEach((details) => { details.fill(); details.open = true; });
  });
  addEventListener("afterprint", () => {
    closed.forEach((details) => { details.open = false; });
    chart(width());
  });
  restore();
  apply(false);
  const only = at("list").querySelector("details");
  if (only && shown.length <= 3) only.open = true;
  document.documentElement.dataset.ready = "yes";
})();

// Small conveniences over pages that work without them: charts drawn from the table beside them,
// files dropped onto a form, focus moved to what has just appeared.
"use strict";

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Many lines of one colour, the older the fainter, called by their names where they end.
function faded(index, count, name, width) {
  const strength = 0.35 + (0.65 * (index + 1)) / count;
  const named = width > 520 || (count - 1 - index) % 3 === 0;
  return {
    smooth: false,
    areaStyle: undefined,
    color: css("--brand"),
    lineStyle: { opacity: strength, width: index === count - 1 ? 3 : 2 },
    showSymbol: true,
    symbolSize: 4,
    itemStyle: { opacity: strength },
    endLabel: { show: named, formatter: name, color: css("--ink-soft"), fontSize: 11 },
  };
}

function drawChart(figure) {
  const table = document.getElementById(figure.dataset.chart);
  if (!table || !window.echarts || figure.dataset.drawn) return;
  figure.dataset.drawn = "yes";
  figure.hidden = false;
  const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  const rows = [...table.tBodies[0].rows];
  const kinds = (figure.dataset.series || "").split(",");
  const colours = [css("--brand"), css("--attention"), css("--bar-other")];
  const scale = Number(figure.dataset.scale || 100);
  const unit = figure.dataset.unit || "";
  const value = (cell) => (cell.dataset.value ? Number(cell.dataset.value) / scale : null);
  const series = kinds.map((kind, index) => ({
    name: heads[index + 1],
    type: kind,
    smooth: unit || figure.dataset.straight ? false : 0.3,
    stack: figure.dataset.stack,
    showSymbol: false,
    barMaxWidth: 28,
    itemStyle: { borderRadius: kind === "bar" ? 4 : 0 },
    areaStyle: kind === "line" ? { opacity: 0.08 } : undefined,
    data: rows.map((row) => value(row.cells[index + 1])),
    ...(figure.dataset.fade ? faded(index, kinds.length, heads[index + 1], figure.clientWidth) : {}),
  }));
  const chart = window.echarts.init(figure);
  chart.setOption({
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    aria: { enabled: true, label: { description: figure.getAttribute("aria-label") } },
    color: colours,
    textStyle: { fontFamily: css("--pico-font-family"), color: css("--ink-soft") },
    grid: { left: 8, right: figure.dataset.fade ? 56 : 8, top: 12, bottom: 8, containLabel: true },
    tooltip: { trigger: "axis", renderMode: "richText" },
    xAxis: {
      type: "category",
      data: rows.map((row) => row.cells[0].textContent.trim()),
      axisLine: { lineStyle: { color: css("--line") } },
      axisLabel: { color: css("--ink-soft") },
      axisTick: { show: false },
    },
    yAxis: {
      type: "value",
      axisLabel: { color: css("--ink-soft"), formatter: `{value}${unit}` },
      splitLine: { lineStyle: { color: css("--line") } },
    },
    series,
  });
  new ResizeObserver(() => chart.resize()).observe(figure);
}

function readyDrop(zone) {
  const input = zone.querySelector("input[type=file]");
  const over = (on) => (event) => {
    event.preventDefault();
    zone.classList.toggle("over", on);
  };
  zone.addEventListener("dragover", over(true));
  zone.addEventListener("dragleave", over(false));
  zone.addEventListener("drop", (event) => {
    over(false)(event);
    if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
  });
}

// The secret of a one-time link stands behind the #, which no server and no log ever sees.
function readAddress(input) {
  if (!location.hash) return;
  input.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
}

// Of the tenors of several products only those of the chosen one are shown.
function followProduct(form) {
  const groups = [...form.querySelectorAll("[data-for]")];
  const show = () => {
    const chosen = form.querySelector("input[name=product]:checked");
    groups.forEach((group) => {
      group.hidden = !!chosen && group.dataset.for !== chosen.value;
    });
  };
  form.addEventListener("change", show);
  show();
}

// What a slider stands at, beside it, while the thumb still holds it.
document.addEventListener("input", (event) => {
  const shown = document.querySelector(`output[for="${event.target.id}"]`);
  if (shown) shown.textContent = event.target.value + shown.dataset.unit;
});

function ready(root) {
  root.querySelectorAll("form:has([data-for])").forEach(followProduct);
  root.querySelectorAll("[data-from-address]").forEach(readAddress);
  root.querySelectorAll("[data-chart]").forEach(drawChart);
  root.querySelectorAll(".drop").forEach(readyDrop);
}

document.addEventListener("DOMContentLoaded", () => ready(document));
document.addEventListener("htmx:after:swap", () => {
  ready(document);
  const fresh = document.querySelector("[data-focus]");
  if (fresh) {
    fresh.removeAttribute("data-focus");
    fresh.focus({ preventScroll: false });
  }
});
// A form is sent once: the second tap of an impatient thumb finds the button busy.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || event.defaultPrevented) return;
  setTimeout(() => {
    button.setAttribute("aria-busy", "true");
    button.disabled = true;
  });
});
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  document.querySelectorAll("button[aria-busy]").forEach((button) => {
    button.removeAttribute("aria-busy");
    button.disabled = false;
  });
});

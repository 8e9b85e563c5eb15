// The chain as a picture, drawn from the tables beside it at the places that the server has reckoned.
// A node that is tapped follows its own link in the table, so the picture does nothing of its own.
"use strict";

(() => {
  // Cytoscape would write this style into the page, which the content security policy forbids;
  // it does not when it finds it there. The rule itself stands in app.css.
  const STYLE_MARK = "__________cytoscape_stylesheet";
  const NARROW = 620;
  const [MARGIN, READABLE, LEAST, HIGHEST] = [20, 0.6, 180, 680];
  const tone = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function look() {
    const face = getComputedStyle(document.body).fontFamily;
    const box = {
      shape: "round-rectangle",
      width: 148,
      height: 44,
      label: "data(label)",
      color: tone("--ink"),
      "font-family": face,
      "font-size": 13,
      "text-wrap": "wrap",
      "text-max-width": 138,
      "text-overflow-wrap": "anywhere",
      "text-valign": "center",
      "text-halign": "center",
      "background-color": tone("--surface"),
      "border-width": 1.5,
      "border-color": tone("--ink-soft"),
    };
    return [
      { selector: "node", style: box },
      {
        selector: "node[kind = 'product']",
        style: { shape: "ellipse", "background-color": tone("--sunken"), "text-max-width": 120 },
      },
      {
        selector: "node[kind = 'patent'], node[kind = 'tender'], node[kind = 'industry']",
        style: {
          shape: "cut-rectangle",
          "background-color": tone("--attention-soft"),
          "border-color": tone("--attention"),
        },
      },
      {
        selector: "node.financed",
        style: {
          "background-color": tone("--brand-soft"),
          "border-color": tone("--brand"),
          "border-width": 3,
        },
      },
      {
        selector: "node.hard",
        style: { "background-color": tone("--bad-soft"), "border-color": tone("--bad"), "border-width": 3 },
      },
      {
        selector: "node.some",
        style: { "background-color": tone("--attention-soft"), "border-color": tone("--attention"), "border-width": 2 },
      },
      {
        selector: "node.center",
        style: {
          "background-color": tone("--brand"),
          "border-color": tone("--brand-strong"),
          color: tone("--on-brand"),
          "font-weight": 600,
        },
      },
      { selector: "node:selected", style: { "border-color": tone("--attention"), "border-width": 4 } },
      {
        selector: "edge",
        style: {
          width: 1.5,
          "curve-style": "bezier",
          "line-color": tone("--bar-other"),
          "target-arrow-color": tone("--bar-other"),
          "target-arrow-shape": "triangle",
          "arrow-scale": 0.9,
        },
      },
      {
        selector: "edge.inferred",
        style: {
          "line-style": "dashed",
          "line-color": tone("--ink-soft"),
          "target-arrow-color": tone("--ink-soft"),
          label: "data(label)",
          color: tone("--ink-soft"),
          "font-family": face,
          "font-size": 11,
          "text-background-color": tone("--surface"),
          "text-background-opacity": 0.9,
          "text-background-padding": 2,
        },
      },
      {
        selector: "edge.near",
        style: { width: 3, "line-color": tone("--brand"), "target-arrow-color": tone("--brand") },
      },
      { selector: ".far", style: { opacity: 0.35 } },
    ];
  }

  // On a phone the tiers lie below each other; a laptop has them side by side.
  function placed(row, narrow) {
    const [x, y] = (narrow ? row.dataset.narrow : row.dataset.wide).split(",").map(Number);
    return { x, y };
  }

  function read(figure, narrow) {
    const nodes = [...document.querySelectorAll(`#${figure.dataset.nodes} tr[data-key]`)];
    const ties = [...document.querySelectorAll(`#${figure.dataset.ties} tr[data-from]`)];
    return [
      ...nodes.map((row) => ({
        group: "nodes",
        data: { id: row.dataset.key, label: row.dataset.label, kind: row.dataset.kind },
        position: placed(row, narrow),
        classes: ["center", "financed", "hard", "some"].filter((name) => row.dataset[name]).join(" "),
      })),
      ...ties.map((row, place) => ({
        group: "edges",
        data: {
          id: `tie${place}`,
          source: row.dataset.from,
          target: row.dataset.to,
          label: row.dataset.inferred || "",
        },
        classes: row.dataset.inferred ? "inferred" : "",
      })),
    ];
  }

  function follow(cy, figure) {
    const rows = new Map(
      [...document.querySelectorAll(`#${figure.dataset.nodes} tr[data-key]`)].map((row) => [row.dataset.key, row]),
    );
    cy.on("tap", "node", (event) => {
      const near = event.target.closedNeighborhood();
      cy.elements().removeClass("near").addClass("far");
      near.removeClass("far");
      near.edges().addClass("near");
      const link = rows.get(event.target.id())?.querySelector("a[href]");
      if (link) link.click();
    });
    cy.on("tap", (event) => {
      if (event.target === cy) cy.elements().removeClass("near far");
    });
  }

  // All of it where it can be read; where it cannot, the one in the middle stays in sight.
  function settle(cy, figure) {
    const box = cy.elements().boundingBox();
    const most = Math.min(HIGHEST, window.innerHeight * 0.85);
    const room = { w: figure.clientWidth - 2 * MARGIN, h: most - 2 * MARGIN };
    const zoom = Math.min(1, room.w / box.w, Math.max(room.h / box.h, READABLE));
    const height = Math.round(Math.min(Math.max(box.h * zoom + 2 * MARGIN, LEAST), most));
    figure.style.height = `${height}px`;
    cy.resize();
    const center = cy.$("node.center").position() || { x: 0, y: 0 };
    const pan = (from, length, at, size) => {
      if (length * zoom <= size - 2 * MARGIN) return (size - length * zoom) / 2 - from * zoom;
      const wished = size / 2 - at * zoom;
      return Math.min(MARGIN - from * zoom, Math.max(size - MARGIN - (from + length) * zoom, wished));
    };
    cy.viewport({
      zoom,
      pan: { x: pan(box.x1, box.w, center.x, figure.clientWidth), y: pan(box.y1, box.h, center.y, height) },
    });
  }

  function drawChain(figure) {
    if (!window.cytoscape || figure.dataset.drawn) return;
    figure.dataset.drawn = "yes";
    figure.hidden = false;
    if (!document.getElementById(STYLE_MARK)) {
      const mark = document.createElement("meta");
      mark.id = STYLE_MARK;
      document.head.append(mark);
    }
    const narrow = figure.clientWidth < NARROW;
    const cy = window.cytoscape({
      container: figure,
      elements: read(figure, narrow),
      layout: { name: "preset", fit: false },
      style: look(),
      minZoom: 0.1,
      maxZoom: 2.5,
      userZoomingEnabled: false,
      autoungrabify: true,
      boxSelectionEnabled: false,
    });
    settle(cy, figure);
    follow(cy, figure);
    const tools = figure.parentElement.querySelector(".chain-tools");
    tools.hidden = false;
    tools.addEventListener("click", (event) => {
      const factor = Number(event.target.dataset.zoom ?? NaN);
      if (Number.isNaN(factor)) return;
      if (!factor) cy.fit(undefined, MARGIN);
      else cy.zoom({ level: cy.zoom() * factor, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } });
    });
    const again = () => cy.style(look());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
    figure.chain = cy;
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-chain]").forEach(drawChain);
  });
})();

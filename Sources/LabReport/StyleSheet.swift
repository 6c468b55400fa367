/// Colours that readers who confuse some can tell apart, after Okabe and Ito ("Color universal
/// design", 2008), darkened for white and lightened for black until they stand out 3 to 1 at least.
let styleSheet: StaticString = """
  :root {
    color-scheme: light dark;
    --page: #ffffff; --ink: #1b1f24; --faint: #5a6370; --rule: #d5dae1; --soft: #f3f5f8;
    --link: #0059a8; --heat: #084a91;
    --c0: #0067a3; --c1: #c64a00; --c2: #00805c; --c3: #b0438a; --c4: #9a6b00; --c5: #2389bf;
    --c6: #6d4fc4; --c7: #5f6670;
  }
  @media (prefers-color-scheme: dark) {
    :root {
      --page: #14171b; --ink: #e8ebef; --faint: #a3adba; --rule: #343b45; --soft: #1d2127;
      --link: #7cc0ff; --heat: #7cc0ff;
      --c0: #3f9fe0; --c1: #ff8a47; --c2: #2fc794; --c3: #ea93c9; --c4: #e8b23a; --c5: #8fd4ff;
      --c6: #b39dfa; --c7: #a7afba;
    }
  }
  * { box-sizing: border-box; }
  html { background: var(--page); }
  body {
    margin: 0 auto; padding: 1rem; max-width: 84rem; color: var(--ink);
    font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif;
    overflow-wrap: anywhere;
  }
  h1 { font-size: 1.6rem; line-height: 1.25; margin: 0.5rem 0; }
  h2 { font-size: 1.3rem; line-height: 1.3; margin: 2.5rem 0 0.75rem; padding-top: 0.75rem;
    border-top: 1px solid var(--rule); }
  h3 { font-size: 1.05rem; margin: 1.5rem 0 0.5rem; }
  p { margin: 0.5rem 0; max-width: 44rem; }
  header p { color: var(--faint); }
  a { color: var(--link); }
  nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; padding: 0; margin: 1rem 0 0;
    list-style: none; }
  .figures { display: grid; gap: 1.5rem 2rem; margin: 1rem 0;
    grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); }
  figure { margin: 0; min-width: 0; }
  .figures figure { display: grid; grid-row: span 2; grid-template-rows: subgrid; row-gap: 0; }
  .figures figure > div { min-width: 0; }
  figcaption { font-weight: 600; font-size: 0.95rem; line-height: 1.35; margin-bottom: 0.5rem; }
  figure p { font-size: 0.85rem; color: var(--faint); margin: 0.25rem 0 0; }
  svg.chart { display: block; width: 100%; height: auto;
    font-family: system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
  .scroll { overflow-x: auto; margin: 1rem 0; }
  .scroll.long { max-height: 26rem; overflow-y: auto; }
  .scroll:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
  table { min-width: min(100%, 30rem); border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums;
    overflow-wrap: normal; }
  caption { text-align: left; color: var(--faint); padding: 0 0 0.4rem; }
  th, td { padding: 0.25rem 0.7rem; text-align: right; white-space: nowrap;
    border-bottom: 1px solid var(--rule); }
  th:first-child, td:first-child { padding-left: 0; position: sticky; left: 0;
    background: var(--page); }
  th.text, td.text { text-align: left; }
  th { font-weight: 600; }
  .long thead th { position: sticky; top: 0; background: var(--page); }
  .long thead th:first-child { z-index: 1; }
  .label { font-size: 12px; fill: var(--ink); }
  .label.title { fill: var(--faint); }
  .label.faint { fill: var(--faint); }
  .label.on { fill: var(--page); }
  .grid { stroke: var(--rule); stroke-width: 0.7; }
  .axis { stroke: var(--faint); stroke-width: 1; }
  .series { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
  .series.level { stroke-width: 1.6; stroke-dasharray: 7 3; }
  .d1 { stroke-dasharray: 5 3; }
  .d2 { stroke-dasharray: 1.5 3; }
  .whisker { stroke-width: 1.2; }
  .whisker.ink { stroke: var(--ink); }
  .band { opacity: 0.18; }
  .region { stroke: var(--page); stroke-width: 0.5; }
  .heat { fill: var(--heat); }
  .cell.none { fill: none; stroke: var(--rule); stroke-dasharray: 2 2; }
  .fill.c0, .band.c0 { fill: var(--c0); } .series.c0, .whisker.c0 { stroke: var(--c0); }
  .fill.c1, .band.c1 { fill: var(--c1); } .series.c1, .whisker.c1 { stroke: var(--c1); }
  .fill.c2, .band.c2 { fill: var(--c2); } .series.c2, .whisker.c2 { stroke: var(--c2); }
  .fill.c3, .band.c3 { fill: var(--c3); } .series.c3, .whisker.c3 { stroke: var(--c3); }
  .fill.c4, .band.c4 { fill: var(--c4); } .series.c4, .whisker.c4 { stroke: var(--c4); }
  .fill.c5, .band.c5 { fill: var(--c5); } .series.c5, .whisker.c5 { stroke: var(--c5); }
  .fill.c6, .band.c6 { fill: var(--c6); } .series.c6, .whisker.c6 { stroke: var(--c6); }
  .fill.c7, .band.c7 { fill: var(--c7); } .series.c7, .whisker.c7 { stroke: var(--c7); }
  @media print {
    :root {
      --page: #ffffff; --ink: #000000; --faint: #40464e; --rule: #c4cad2; --link: #000000;
      --heat: #084a91;
      --c0: #0067a3; --c1: #c64a00; --c2: #00805c; --c3: #b0438a; --c4: #9a6b00; --c5: #2389bf;
      --c6: #6d4fc4; --c7: #5f6670;
    }
    * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
    body { padding: 0; max-width: none; font-size: 10pt; }
    nav { display: none; }
    h2, h3, caption { break-after: avoid; }
    figure, tr { break-inside: avoid; }
    .figures { grid-template-columns: 1fr 1fr; }
    .scroll, .scroll.long { overflow: visible; max-height: none; }
    table { font-size: 8pt; }
    th, td { padding: 0.15rem 0.4rem; white-space: normal; }
    th:first-child, td:first-child, .long thead th { position: static; }
  }

  """

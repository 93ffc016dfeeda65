/** The page's own style: no fonts or files from elsewhere; colours are properties, set for light, dark and print. */
export const pageStyle = `
:root { color-scheme: light dark; --ink: #1b2230; --muted: #5c677a; --paper: #f6f7f9; --card: #ffffff; --line: #dfe3ea;
  --grid: #e8ebf0; --accent: #2f6fde; --normal: #3f8fd2; --anomaly: #e0662f; --good: #1e7f4b; --bad: #c0362c; --doubt: #a86a00;
  --heat: 47, 111, 222; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebf1; --muted: #98a3b5; --paper: #12151b; --card: #1b2029; --line: #2e3542;
  --grid: #2a303b; --accent: #78a8ff; --normal: #5fb0f0; --anomaly: #ff8f57; --good: #58c98a; --bad: #ff7a6e; --doubt: #f0b24d;
  --heat: 120, 168, 255; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 40px 0 12px; }
h3 { font-size: 15px; margin: 20px 0 8px; overflow-wrap: anywhere; }
h4 { font-size: 13px; font-weight: 600; margin: 14px 0 6px; color: var(--muted); }
p { margin: 0 0 8px; }
.muted { color: var(--muted); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 24px 0 0; }
.tile b { display: block; font-size: 26px; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tile span { color: var(--muted); font-size: 13px; }
.pass { color: var(--good); } .fail { color: var(--bad); } .doubt { color: var(--doubt); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)); gap: 10px 24px; margin: 0; }
dt { color: var(--muted); font-size: 12px; } dd { margin: 0; overflow-wrap: anywhere; }
dl .wide { grid-column: 1 / -1; }
code { font: 13px/1.4 ui-monospace, SFMono-Regular, Menlo, monospace; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 6px 10px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 600; font-size: 13px; } thead th { color: var(--muted); border-bottom: 2px solid var(--line); }
th:first-child, td:first-child { text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 110px; }
tbody tr:last-child > * { border-bottom: 0; } tr.mean > * { font-weight: 700; border-top: 2px solid var(--line); }
.group { text-align: center; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(310px, 1fr)); gap: 14px; }
figure { margin: 0; } figure svg { display: block; max-width: 100%; height: auto; margin: 0 auto; }
figcaption { font-size: 13px; } figcaption .muted { display: block; } figcaption b { overflow-wrap: anywhere; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 0 0 12px; padding: 0; list-style: none; font-size: 13px; }
.legend i { display: inline-block; width: 16px; height: 4px; border-radius: 2px; margin-right: 7px; vertical-align: middle; }
.legend i.block { height: 11px; width: 11px; } .legend i.rule { height: 0; border-top: 2px dashed var(--ink); border-radius: 0; }
.shots { display: grid; grid-template-columns: repeat(auto-fill, minmax(210px, 1fr)); gap: 14px; }
.shot { padding: 0; overflow: hidden; } .shot img { display: block; width: 100%; height: auto; background: var(--grid); }
.shot .absent { display: grid; place-items: center; aspect-ratio: 1; background: var(--grid); color: var(--muted); font-size: 13px; }
.shot figcaption { padding: 8px 12px 10px; overflow-wrap: anywhere; line-height: 1.4; }
.shot .path { color: var(--muted); font-size: 12px; }
footer { margin-top: 48px; color: var(--muted); font-size: 13px; }
@media print {
  :root { --ink: #000; --muted: #444; --paper: #fff; --card: #fff; --line: #bbb; --grid: #ddd; --accent: #1d4fa8; --normal: #2f7fc2;
    --anomaly: #c9531f; --good: #14633a; --bad: #a3281f; --doubt: #7d4f00; --heat: 47, 111, 222; color-scheme: light; }
  body { font-size: 11pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; } main { max-width: none; padding: 0; }
  .card, figure, tr { break-inside: avoid; } h2, h3, h4, .legend { break-after: avoid; } .scroll { overflow: visible; }
  th, td { padding: 4px 6px; font-size: 9pt; } .shots { grid-template-columns: repeat(4, 1fr); }
}
`;

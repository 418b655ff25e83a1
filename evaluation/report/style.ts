/** The page's own style: readable in light and dark, on paper and without scripts. */
export const STYLE = `
:root { color-scheme: light dark; --ink:#1c2430; --muted:#5b6675; --line:#dfe4ea; --panel:#ffffff; --page:#f5f7f9;
  --good:#15803d; --bad:#c0343d; --accent:#2563eb; }
@media (prefers-color-scheme: dark) { :root { --ink:#e6eaf0; --muted:#9aa6b5; --line:#2d3743; --panel:#171d25;
  --page:#0f1419; --good:#4ade80; --bad:#f87171; --accent:#7aa8ff; } }
* { box-sizing: border-box; }
body { margin:0; background:var(--page); color:var(--ink);
  font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif; }
main { max-width:1160px; margin:0 auto; padding:28px 20px 60px; }
h1 { font-size:26px; line-height:1.25; margin:0 0 4px; overflow-wrap:anywhere; }
h2 { font-size:18px; margin:0 0 12px; }
p { margin:0 0 10px; } .lead { color:var(--muted); margin-bottom:18px; overflow-wrap:anywhere; }
section { background:var(--panel); border:1px solid var(--line); border-radius:10px; padding:20px; margin:18px 0; }
.note { color:var(--muted); font-size:13px; margin:10px 0 0; }
.verdict { display:flex; gap:14px; align-items:baseline; flex-wrap:wrap; }
.badge { font-weight:650; padding:3px 12px; border-radius:999px; border:1.5px solid currentColor; white-space:nowrap; }
.better { color:var(--good); } .worse { color:var(--bad); } .inconclusive { color:var(--muted); }
.scroll { overflow-x:auto; }
table { border-collapse:collapse; width:100%; font-variant-numeric:tabular-nums; font-size:14px; }
th, td { padding:6px 8px; text-align:right; border-bottom:1px solid var(--line); white-space:nowrap; }
th { color:var(--muted); font-weight:600; font-size:13px; vertical-align:bottom; }
th:first-child, td:first-child { text-align:left; padding-left:0; }
td:first-child { white-space:normal; min-width:150px; } td small, th small { color:var(--muted); font-weight:400; }
tr:last-child td { border-bottom:0; }
.own { font-weight:650; }
.chart svg, .chart canvas { display:block; max-width:100%; }
.static svg { width:100%; height:auto; }
.grid { display:grid; grid-template-columns:repeat(auto-fit,minmax(min(460px,100%),1fr)); gap:18px 24px; }
.missing { border-style:dashed; } .missing code { display:block; margin:4px 0 10px; }
code { font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace; overflow-wrap:anywhere; }
details { margin-top:8px; } summary { cursor:pointer; color:var(--accent); }
.facts td { text-align:left; white-space:normal; overflow-wrap:anywhere; }
.facts td:first-child { color:var(--muted); width:260px; }
@media print { section { break-inside:avoid; } body { background:#fff; } }
`;

/** The live page's style: light and dark, from a phone's width up; everything that changes has a place of fixed size. */
export const STYLE = `
:root { color-scheme:light dark; --ink:#1c2430; --muted:#5b6675; --line:#dfe4ea; --panel:#ffffff; --page:#f5f7f9;
  --soft:#eef1f5; --good:#15803d; --warn:#a75a00; --bad:#c0343d; --accent:#2563eb; --bid:#0f7b5f; --ask:#b5403a;
  --bid-soft:rgba(15,123,95,.14); --ask-soft:rgba(181,64,58,.13); --own:#5b3fd1; --own-soft:rgba(91,63,209,.12); }
@media (prefers-color-scheme:dark) { :root { --ink:#e6eaf0; --muted:#9aa6b5; --line:#2a333e; --panel:#171d25;
  --page:#0f1419; --soft:#1f2731; --good:#4ade80; --warn:#f0a33c; --bad:#f87171; --accent:#7aa8ff; --bid:#3fcf9f;
  --ask:#ff8a80; --bid-soft:rgba(63,207,159,.17); --ask-soft:rgba(255,138,128,.16); --own:#b29dff;
  --own-soft:rgba(178,157,255,.16); } }
* { box-sizing:border-box; }
[hidden] { display:none !important; }
html { scrollbar-gutter:stable; }
body { margin:0; background:var(--page); color:var(--ink); font-variant-numeric:tabular-nums;
  font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif; }
body.stale main { opacity:.55; }
header { display:flex; flex-wrap:wrap; align-items:center; gap:6px 12px; max-width:1440px; margin:0 auto;
  padding:14px 16px 0; }
h1 { font-size:20px; margin:0; line-height:1.3; }
h2 { font-size:13px; font-weight:650; margin:0; }
.about { color:var(--muted); flex:1 1 200px; min-width:0; overflow-wrap:anywhere; }
.pills { display:flex; flex-wrap:wrap; gap:6px; }
.pill { border:1.5px solid currentColor; border-radius:999px; padding:1px 10px; font-size:12.5px; font-weight:600;
  min-width:86px; text-align:center; white-space:nowrap; color:var(--muted); }
.good { color:var(--good); } .warn { color:var(--warn); } .bad { color:var(--bad); }
main { max-width:1440px; margin:0 auto; padding:12px 16px 40px; display:grid; gap:12px;
  grid-template-columns:minmax(0,1fr); }
.card { background:var(--panel); border:1px solid var(--line); border-radius:10px; padding:12px 14px; min-width:0; }
.head { display:flex; justify-content:space-between; align-items:baseline; gap:10px; height:20px; margin-bottom:8px; }
.head h2 { white-space:nowrap; }
.note { color:var(--muted); font-size:12.5px; white-space:nowrap; overflow:hidden; text-overflow:ellipsis; }
.tiles { display:grid; gap:10px; grid-template-columns:repeat(2,minmax(0,1fr)); }
.tile { padding:9px 12px; }
.choice { display:inline-flex; margin-left:auto; flex:none; }
.choice button { font:inherit; font-size:12px; color:var(--muted); background:none; border:1px solid var(--line);
  padding:0 8px; height:22px; cursor:pointer; } .choice button:first-child { border-radius:6px 0 0 6px; }
.choice button:last-child { border-radius:0 6px 6px 0; border-left:0; }
.choice button[aria-pressed=true] { color:var(--ink); background:var(--soft); font-weight:600; }
.head:has(.choice) .note { margin-left:auto; } .choice { margin-left:0; }
.tile b { display:block; font-size:19px; line-height:1.35; font-weight:650; height:26px; white-space:nowrap;
  overflow:hidden; text-overflow:ellipsis; }
.tile span, .tile i { display:block; color:var(--muted); font-size:12.5px; height:18px; font-style:normal;
  white-space:nowrap; overflow:hidden; text-overflow:ellipsis; }
table { border-collapse:collapse; width:100%; table-layout:fixed; }
th { color:var(--muted); font-weight:600; font-size:12px; text-align:right; padding:0 4px 4px; }
td { text-align:right; padding:0 4px; height:23px; line-height:23px; white-space:nowrap; overflow:hidden;
  text-overflow:ellipsis; }
th:first-child, td:first-child { text-align:left; }
.ladder td { position:relative; } .ladder th:first-child { width:31%; } .ladder th:last-child { width:42%; }
.ladder .price { font-weight:600; } .ladder .asks .price { color:var(--ask); } .ladder .bids .price { color:var(--bid); }
.ladder .bar { position:absolute; inset:1px 0 1px 0; transform-origin:right; transform:scaleX(0); border-radius:2px; }
.ladder .asks .bar { background:var(--ask-soft); } .ladder .bids .bar { background:var(--bid-soft); }
.ladder .size span { position:relative; }
.ladder .own td { background:var(--own-soft); } .ladder .own td:first-child { box-shadow:inset 3px 0 0 var(--own); }
.ladder .ours { color:var(--own); font-weight:650; font-size:12.5px; }
.ladder .middle td { height:32px; line-height:32px; border-top:1px solid var(--line); border-bottom:1px solid var(--line);
  font-weight:650; font-size:15px; } .ladder .middle .note { float:right; font-size:12.5px; font-weight:400; }
canvas { display:block; width:100%; }
.tall { height:300px; } .low { height:130px; }
.legend { display:flex; flex-wrap:wrap; gap:2px 14px; color:var(--muted); font-size:12.5px; margin-top:6px; }
.legend span::before { content:""; display:inline-block; width:14px; height:3px; border-radius:2px; margin-right:6px;
  vertical-align:middle; background:currentColor; }
.legend .k-mid { color:var(--ink); } .legend .k-bid { color:var(--bid); } .legend .k-ask { color:var(--ask); }
.legend .k-inventory { color:var(--own); } .legend .k-pnl { color:var(--accent); }
.legend .strip::before { height:7px; }
.facts { margin:0; padding:0; list-style:none; } .double { display:grid; gap:0 28px;
  grid-template-columns:repeat(2,minmax(0,1fr)); }
.facts li { display:flex; justify-content:space-between; gap:8px; border-bottom:1px solid var(--line); height:26px;
  line-height:25px; white-space:nowrap; } .facts span { overflow:hidden; text-overflow:ellipsis; }
.facts b { font-weight:600; } .facts .zero { color:var(--muted); } .facts .zero b { font-weight:400; }
.scroll { overflow:auto; height:330px; scrollbar-gutter:stable; }
.drift th:nth-child(2), .drift th:nth-child(4) { width:66px; } .drift th:nth-child(3) { width:88px; }
.drift th { position:sticky; top:0; background:var(--panel); z-index:1; }
.drift .watched td { color:var(--warn); } .drift .alarmed td { color:var(--bad); font-weight:600; }
.events { margin:0; padding:0; list-style:none; font-size:13px; }
.events li { display:grid; grid-template-columns:64px minmax(0,1fr); gap:8px; padding:3px 0;
  border-top:1px solid var(--line); } .events li:first-child { border-top:0; }
.events time { color:var(--muted); } .events span { overflow-wrap:anywhere; }
.empty { color:var(--muted); }
@media (max-width:479px) { .drift th:nth-child(4), .drift td:nth-child(4) { display:none; } }
@media (min-width:640px) { .tiles { grid-template-columns:repeat(4,minmax(0,1fr)); }
  .three { display:grid; gap:12px; grid-template-columns:repeat(2,minmax(0,1fr)); }
  .three .card:last-child { grid-column:1/-1; } }
@media (max-width:639px) { .about { flex-basis:100%; order:3; } .three, .two, .side { display:grid; gap:12px; grid-template-columns:minmax(0,1fr); }
  .tall { height:220px; } }
@media (min-width:640px) and (max-width:979px) { .two, .side { display:grid; gap:12px;
  grid-template-columns:minmax(0,1fr); } }
@media (min-width:980px) { .side { display:grid; gap:12px; grid-template-columns:340px minmax(0,1fr); align-items:start; }
  .three { grid-template-columns:minmax(0,1fr) minmax(0,1fr) minmax(0,1.5fr); }
  .three .card:last-child { grid-column:auto; }
  .two { display:grid; gap:12px; grid-template-columns:minmax(0,1.2fr) minmax(0,1fr); }
  .tiles { grid-template-columns:repeat(8,minmax(0,1fr)); } }
.charts { display:grid; gap:12px; min-width:0; }
.pair { display:grid; gap:12px; grid-template-columns:minmax(0,1fr); }
@media (min-width:640px) { .pair { grid-template-columns:repeat(2,minmax(0,1fr)); } }
`;

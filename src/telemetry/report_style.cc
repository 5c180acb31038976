// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/report_style.h"

#include <fmt/format.h>

namespace imagemill {
namespace {

// Contrast of text to ground is at least 4.5:1 in both schemes. Lines of a chart differ in dashes
// too, for readers who do not tell the colours apart.
constexpr std::string_view kReportStyle = R"css(
:root{color-scheme:light dark;--ground:#f7f7f5;--surface:#fff;--ink:#1b1d1f;--soft:#5b6068;
--line:#e3e3de;--track:#ecece8;--accent:#1f6f63;--bad:#b0342a;--notice:#8a5a00;
--s0:#1f6f63;--s1:#b5651d;--s2:#3f5fa8;--s3:#8b3f77;--s4:#64748b;--s5:#7a6a00}
@media (prefers-color-scheme:dark){:root{--ground:#131416;--surface:#1b1d20;--ink:#e9e9e6;
--soft:#a2a7ae;--line:#2e3135;--track:#2a2d31;--accent:#63bfae;--bad:#f08b80;--notice:#e2b155;
--s0:#63bfae;--s1:#e39a58;--s2:#8ea8ea;--s3:#d791c4;--s4:#a5b1c2;--s5:#cdbb4d}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,
"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;
-webkit-text-size-adjust:100%}
main{max-width:1120px;margin:0 auto;padding:clamp(20px,4vw,56px) clamp(16px,4vw,40px)}
h1,h2,h3,p,figure,ul,dl,dd,table,pre{margin:0;padding:0}
h1{font-size:clamp(26px,4.4vw,40px);line-height:1.15;font-weight:650;letter-spacing:-.02em;
text-wrap:balance}
h2{font-size:18px;font-weight:650;letter-spacing:-.005em;margin-bottom:16px}
section{margin-top:clamp(36px,5vw,56px)}
.eyebrow{color:var(--soft);font-size:13px;margin-bottom:10px;display:flex;gap:10px;
align-items:center;flex-wrap:wrap}
.eyebrow b{color:var(--ink);font-weight:650}
.pill{border:1px solid currentColor;border-radius:99px;padding:1px 10px;font-size:12px;
font-weight:600;color:var(--accent)}
.pill.bad{color:var(--bad)}.pill.notice{color:var(--notice)}
.route{color:var(--soft);margin-top:10px;overflow-wrap:anywhere}
.error{border-left:3px solid var(--bad);padding:8px 14px;margin-top:18px;background:var(--surface);
overflow-wrap:anywhere}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(148px,1fr));gap:1px;
margin-top:28px;background:var(--line);border:1px solid var(--line);border-radius:10px;
overflow:hidden}
.figures div{background:var(--surface);padding:16px 18px 14px;display:flex;flex-direction:column}
.figures dt{color:var(--soft);font-size:13px}
.figures dd{font-size:26px;line-height:1.2;font-weight:600;letter-spacing:-.02em;margin-top:2px;
white-space:nowrap}
.figures small{color:var(--soft);font-size:12.5px;margin-top:4px}
.figures .bad dd{color:var(--bad)}
.outcome{display:flex;height:8px;border-radius:4px;overflow:hidden;margin-top:20px;gap:2px;
background:var(--track)}
.outcome i{display:block;min-width:3px;background:var(--accent)}
.outcome .resumed{opacity:.5}.outcome .skipped{background:var(--soft)}
.outcome .failed{background:var(--bad)}
.key{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;margin-top:10px;color:var(--soft);
font-size:13px}
.key i{display:inline-block;width:9px;height:9px;border-radius:2px;background:var(--accent);
margin-right:6px}
.key .resumed{opacity:.5}.key .skipped{background:var(--soft)}.key .failed{background:var(--bad)}
.panel{background:var(--surface);border:1px solid var(--line);border-radius:10px;overflow:hidden}
table{border-collapse:collapse;width:100%;font-size:14px}
caption{text-align:left;color:var(--soft);font-size:13px;padding:12px 18px 4px}
th,td{padding:9px 10px;text-align:left;vertical-align:top;border-top:1px solid var(--line);
font-weight:400}
thead th{color:var(--soft);font-size:12.5px;border-top:0;vertical-align:bottom}
th:first-child,td:first-child{padding-left:18px}th:last-child,td:last-child{padding-right:18px}
tbody th{font-weight:550}
.n{text-align:right;white-space:nowrap}
.wide{width:38%}
.mono,code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;
font-size:12.5px}
.mono,.wrap{overflow-wrap:anywhere}
.tag{color:var(--notice);font-size:12px;font-weight:600;margin-left:8px;white-space:nowrap}
svg.bar{display:block;width:100%;height:8px;border-radius:2px;margin-top:7px}
.bar .track{fill:var(--track)}.bar .fill{fill:var(--accent)}
.bar.notice .fill{fill:var(--notice)}.bar.bad .fill{fill:var(--bad)}
.charts,.counts,.pair{display:grid;gap:16px;grid-template-columns:repeat(auto-fit,minmax(min(100%,300px),1fr))}
.chart{background:var(--surface);border:1px solid var(--line);border-radius:10px;padding:14px 18px}
figcaption{font-size:14px;font-weight:550;margin-bottom:12px}
.frame{position:relative;padding-left:56px}
.frame span{position:absolute;left:0;width:48px;text-align:right;white-space:nowrap;
font-size:11.5px;line-height:1;color:var(--soft);transform:translateY(-50%)}
.frame .top{top:0}.frame .middle{top:50%}.frame .zero{top:100%}
.plot{display:block;width:100%;height:150px;overflow:visible}
.grid{stroke:var(--line);stroke-width:1;vector-effect:non-scaling-stroke;fill:none}
.line{fill:none;stroke-width:1.6;vector-effect:non-scaling-stroke;stroke-linejoin:round}
.area{opacity:.13;stroke:none}
.line.s0{stroke:var(--s0)}.area.s0{fill:var(--s0)}
.line.s1{stroke:var(--s1);stroke-dasharray:5 3}.line.s2{stroke:var(--s2);stroke-dasharray:2 2}
.line.s3{stroke:var(--s3);stroke-dasharray:8 3 2 3}.line.s4{stroke:var(--s4);stroke-dasharray:1 3}
.line.s5{stroke:var(--s5);stroke-dasharray:10 4}
.axis{display:flex;justify-content:space-between;color:var(--soft);font-size:11.5px;
margin:8px 0 0 56px}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 14px;font-size:12.5px;
color:var(--soft);margin-top:8px}
.legend svg{width:24px;height:8px;margin-right:6px}
.samples{display:grid;gap:16px;grid-template-columns:repeat(auto-fill,minmax(min(100%,320px),1fr))}
.sample{background:var(--surface);border:1px solid var(--line);border-radius:10px;overflow:hidden}
.sample div{display:grid;grid-template-columns:1fr 1fr;gap:1px;background:var(--line)}
.sample img,.sample .none{width:100%;height:150px;object-fit:contain;background:var(--track);
display:block}
.sample figcaption{padding:10px 14px 12px;margin:0;font-weight:400;font-size:12.5px;
color:var(--soft)}
.sample b{display:block;color:var(--ink);font-weight:550;white-space:nowrap;overflow:hidden;
text-overflow:ellipsis}
details{border-top:1px solid var(--line)}details:first-child{border-top:0}
summary{cursor:pointer;padding:13px 18px;display:flex;gap:10px;align-items:baseline}
summary b{font-weight:600}summary .n{margin-left:auto;font-weight:600}
summary:focus-visible,a:focus-visible{outline:2px solid var(--accent);outline-offset:-2px}
summary::before{content:"";width:6px;height:6px;border:solid var(--soft);border-width:0 1.5px 1.5px 0;
transform:translateY(-2px) rotate(-45deg)}
details[open] summary::before{transform:translateY(-3px) rotate(45deg)}
.note{color:var(--soft);font-size:13px;padding:12px 18px;border-top:1px solid var(--line)}
a{color:var(--accent)}
pre{padding:14px 18px;white-space:pre-wrap;overflow-wrap:anywhere}
.pair>*,.counts>*{align-self:start}
.counts th{white-space:nowrap}.counts .wide{width:100%;min-width:60px}
details table{table-layout:fixed}.where{width:11%}
details .wide{width:36%}
.below{margin-top:16px}
footer{margin-top:56px;padding-top:16px;border-top:1px solid var(--line);color:var(--soft);
font-size:13px}
@media (max-width:640px){.narrow-off{display:none}.figures{grid-template-columns:1fr 1fr}
.figures div{padding:13px 14px}.figures dd{font-size:22px}
.stack thead{display:none}.stack tr{display:block;border-top:1px solid var(--line);padding:8px 0}
.stack td{display:block;border:0;padding:2px 18px;width:auto}
summary code{display:none}}
@media print{:root{--ground:#fff;--surface:#fff;--ink:#000;--soft:#444;--line:#ccc;--track:#e8e8e8;
--accent:#1f6f63;--bad:#b0342a;--notice:#8a5a00}body{font-size:11pt}main{max-width:none;padding:0}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
section{margin-top:24pt}.chart,.sample,.figures,tr{break-inside:avoid}h2{break-after:avoid}}
)css";

}  // namespace

std::string page_head(std::string_view title, std::string_view style) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<meta name=\"referrer\" content=\"no-referrer\">"
      "<title>{} &middot; imagemill</title><style>{}{}</style></head>\n<body><main>\n",
      title, kReportStyle, style);
}

}  // namespace imagemill

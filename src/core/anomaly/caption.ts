import { heatColour } from './colours.js';
import type { Verdict } from './verdict.js';

/** What is written over an overlay. */
export interface Caption {
  class: string;
  verdict: Verdict;
  /** Calibrated, 0…1. */
  score: number;
  rawScore: number;
  /** Absent where the verdict goes by none. */
  threshold: number | undefined;
  /** Ground truth, when known, such as the kind of defect. */
  truth?: string | undefined;
}

export const STRIP_HEIGHT = 30;
export const LEGEND_HEIGHT = 26;

const FONT = 'font-family="DejaVu Sans, Liberation Sans, Arial, sans-serif"';
const chips: Record<Verdict, { fill: string; text: string }> = {
  ok: { fill: '#15803d', text: 'OK' },
  review: { fill: '#b45309', text: 'REVIEW' },
  ng: { fill: '#b91c1c', text: 'NG' },
  unknown: { fill: '#52525b', text: 'UNKNOWN' },
};

/** SVG of the line above the panels: verdict, class, scores, truth. */
export function captionStrip(caption: Caption, width: number): string {
  const { fill, text } = chips[caption.verdict];
  const facts = [
    `score ${caption.score.toFixed(3)}`,
    `raw ${figure(caption.rawScore)}${caption.threshold === undefined ? ', no limit' : ` / ${figure(caption.threshold)}`}`,
    ...(caption.truth === undefined ? [] : [`truth: ${caption.truth}`]),
  ].join(' · ');
  return svg(
    width,
    STRIP_HEIGHT,
    `<rect x="4" y="5" width="66" height="20" rx="3" fill="${fill}"/>
     <text x="37" y="20" ${FONT} font-size="${text.length > 6 ? 10 : 13}" font-weight="bold" fill="#fff" text-anchor="middle">${text}</text>
     <text x="80" y="20" ${FONT} font-size="14" fill="#fff">${escaped(shortened(caption.class, 40))}
       <tspan fill="#a1a1aa" dx="10" font-size="12">${escaped(facts)}</tspan></text>`,
  );
}

/** SVG of the line below three cells of a given width: what outlines mean, the colour ramp with the threshold in its middle. */
export function legendStrip(threshold: number, cell: number, gap: number, hasTruth: boolean): string {
  const left = 2 * gap + cell;
  const ramp = { x: left + 34, width: Math.max(20, cell - 96) };
  const stops = Array.from({ length: 17 }, (_, i) => {
    const [r, g, b] = heatColour(i / 16);
    return `<stop offset="${i / 16}" stop-color="rgb(${r},${g},${b})"/>`;
  }).join('');
  const middle = ramp.x + ramp.width / 2;
  return svg(
    3 * cell + 4 * gap,
    LEGEND_HEIGHT,
    `<defs><linearGradient id="heat">${stops}</linearGradient></defs>
     ${hasTruth ? label(gap, 'magenta: ground truth', '#f0f') : ''}
     ${label(ramp.x - 6, '0', '#a1a1aa', 'end')}
     <rect x="${ramp.x}" y="7" width="${ramp.width}" height="9" fill="url(#heat)"/>
     <path d="M${middle} 4v15" stroke="#fff" stroke-width="2"/>
     ${label(ramp.x + ramp.width + 6, `${figure(2 * threshold)}`, '#a1a1aa')}
     ${label(left + cell + gap, `white: above ${figure(threshold)}`, '#fff')}`,
  );
}

function label(x: number, text: string, fill: string, anchor = 'start'): string {
  return `<text x="${x}" y="16" ${FONT} font-size="12" fill="${fill}" text-anchor="${anchor}">${escaped(text)}</text>`;
}

function svg(width: number, height: number, body: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${body}</svg>`;
}

/** Three significant digits: raw scores run from 1e-5 to 10 between models. */
function figure(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function shortened(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}

/** Markup is escaped and control characters, which XML does not allow, are replaced. */
function escaped(text: string): string {
  return text
    .replace(/\p{Cc}|\p{Cs}|[\ufffe\uffff]/gu, '\ufffd')
    .replace(/[&<>"]/gu, (character) => `&#${character.codePointAt(0)};`);
}

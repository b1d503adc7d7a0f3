// Draws the chart of a report; the table below it holds the same figures.
import { init } from './vendor/echarts-6.1.0/echarts.mjs';

const box = document.getElementById('chart');
const told = JSON.parse(box.dataset.drawing);
const dark = matchMedia('(prefers-color-scheme: dark)');
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
// Told apart by lightness too, for those who do not see colours.
const PALETTE = { light: ['#0b6e6e', '#e0912f', '#7b8f96', '#b3403a', '#5b4fa2', '#222222'], dark: ['#5cc4c0', '#f2b45c', '#8fa3aa', '#ff8f86', '#b3a8f5', '#eeeeee'] };

const pad = (number) => String(number).padStart(2, '0');
function duration(seconds) {
  const whole = Math.round(seconds), minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes}:${pad(whole % 60)}` : `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(whole % 60)}`;
}
const shown = {
  share: (value) => `${(value * 100).toFixed(0)} %`,
  seconds: duration,
  count: (value) => String(Math.round(value * 10) / 10).replace('.', ','),
};
const text = (value, kind) => (value === null || value === undefined ? '—' : shown[kind](value));

// Marks at whole minutes and hours, not at hundreds of seconds; six at most.
function minutes() {
  const bars = told.series.filter((one) => !one.line);
  const sums = told.names.map((_, row) => bars.reduce((sum, one) => (told.stacked ? sum + one.values[row] : Math.max(sum, one.values[row])), 0));
  const most = Math.max(...sums);
  return [10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400].find((step) => most / step <= 6);
}

function option() {
  const [ink, faint, line] = [colour('--text'), colour('--muted'), colour('--line')];
  const kind = told.series.find((one) => !one.line)?.kind ?? 'count';
  const axis = { axisLabel: { color: faint, fontSize: 13 }, axisLine: { lineStyle: { color: line } }, splitLine: { lineStyle: { color: line } } };
  const names = { type: 'category', data: told.names, ...axis, inverse: told.lying, splitLine: { show: false } };
  const values = { type: 'value', ...axis, minInterval: kind === 'count' ? 1 : 0, interval: kind === 'seconds' ? minutes() : undefined, axisLabel: { ...axis.axisLabel, formatter: (value) => text(value, kind) } };
  const shares = { type: 'value', min: 0, max: 1, ...axis, splitLine: { show: false }, axisLabel: { ...axis.axisLabel, formatter: (value) => text(value, 'share') } };
  const withLine = told.series.some((one) => one.line);
  return {
    animation: false,
    color: PALETTE[dark.matches ? 'dark' : 'light'],
    textStyle: { color: ink, fontFamily: getComputedStyle(document.body).fontFamily },
    legend: { top: 0, textStyle: { color: ink, fontSize: 14 } },
    grid: { left: 8, right: 12, top: 36, bottom: 4, containLabel: true },
    // Drawn, not HTML: the page allows no inline styles.
    tooltip: { trigger: 'axis', renderMode: 'richText', backgroundColor: colour('--panel'), borderColor: line, textStyle: { color: ink, fontSize: 14 }, axisPointer: { type: 'shadow' }, formatter: tip },
    xAxis: told.lying ? values : names,
    yAxis: told.lying ? names : withLine ? [values, shares] : values,
    series: told.series.map((one) => series(one, ink)),
  };
}

function series(one, ink) {
  if (!one.line) return { name: one.name, type: 'bar', data: one.values, stack: told.stacked ? 'all' : undefined, barMaxWidth: 46 };
  const goal = told.goal === null ? {} : { markLine: { silent: true, symbol: 'none', data: [{ yAxis: told.goal }], lineStyle: { color: ink, type: 'dashed' }, label: { formatter: `цель ${text(told.goal, 'share')}`, color: ink, position: 'insideEndTop' } } };
  return { name: one.name, type: 'line', yAxisIndex: 1, data: one.values, symbolSize: 8, color: ink, lineStyle: { width: 3 }, ...goal };
}

function tip(points) {
  const rows = points.map((point) => `${point.seriesName}: ${text(point.value, told.series[point.seriesIndex].kind)}`);
  return [points[0].name, ...rows].join('\n');
}

if (told.lying) {
  box.classList.add('lying');
  box.style.setProperty('--tall', `${70 + told.names.length * Math.max(26, told.stacked ? 26 : told.series.length * 14)}px`);
}
const chart = init(box, null, { renderer: 'svg' });
chart.setOption(option());
dark.addEventListener('change', () => chart.setOption(option(), true));
addEventListener('resize', () => chart.resize());

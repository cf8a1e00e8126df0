import { Text } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useId, useState } from 'react';
import { byteUnits, counted, formatBytes, formatDay } from '../format.ts';

export interface Day {
  day: string;
  usedBytes: number;
  fileCount: number;
}

const height = 200;
const pad = { top: 12, right: 8, bottom: 24, left: 64 };

/** Bytes over days as an area. What the pointer or the arrow keys are at is told in words. */
export function UsageChart({ days, limit }: { days: Day[]; limit: number }) {
  const { ref, width } = useElementSize();
  const [chosen, setChosen] = useState<number>();
  const gradient = useId();
  const last = days.at(-1);
  if (last === undefined || days.length < 2) {
    return (
      <Text size="sm" c="dimmed">
        {last === undefined
          ? 'Nothing was written down yet.'
          : `Today: ${formatBytes(last.usedBytes)} in ${counted(last.fileCount, 'file')}. A day is added by the first hourly run of each day.`}
      </Text>
    );
  }
  const most = niceCeiling(Math.max(...days.map(({ usedBytes }) => usedBytes)));
  const inner = Math.max(1, width - pad.left - pad.right);
  const x = (index: number) => pad.left + (index / (days.length - 1)) * inner;
  const y = (bytes: number) => pad.top + (1 - bytes / most) * (height - pad.top - pad.bottom);
  const line = days.map(({ usedBytes }, index) => `${index === 0 ? 'M' : 'L'}${x(index)} ${y(usedBytes)}`).join(' ');
  const base = y(0);
  const shown = days[chosen ?? days.length - 1] ?? last;
  const at = Math.min(chosen ?? days.length - 1, days.length - 1);
  const move = (step: number) => setChosen(Math.min(days.length - 1, Math.max(0, at + step)));
  const labels = everySoOften(days.length, Math.max(2, Math.floor(inner / 110)));
  return (
    <div>
      <Text size="sm" role="status" className="chart-told">
        <strong>{formatBytes(shown.usedBytes)}</strong> in {counted(shown.fileCount, 'file')}{' '}
        <span className="dim">
          on {formatDay(shown.day)} · {limit > 0 ? ((shown.usedBytes / limit) * 100).toFixed(1) : '100'} % of{' '}
          {formatBytes(limit)}
        </span>
      </Text>
      <div
        ref={ref}
        className="chart-space"
        role="slider"
        tabIndex={0}
        aria-label="Bytes stored by day"
        aria-valuemin={0}
        aria-valuemax={days.length - 1}
        aria-valuenow={at}
        aria-valuetext={`${formatDay(shown.day)}: ${formatBytes(shown.usedBytes)}`}
        onPointerMove={({ clientX, currentTarget }) => {
          const left = currentTarget.getBoundingClientRect().left + pad.left;
          const index = Math.round(((clientX - left) / inner) * (days.length - 1));
          setChosen(Math.min(days.length - 1, Math.max(0, index)));
        }}
        onPointerLeave={() => setChosen(undefined)}
        onKeyDown={(event) => {
          const step = { ArrowLeft: -1, ArrowRight: 1, Home: -days.length, End: days.length }[event.key];
          if (step === undefined) return;
          event.preventDefault();
          move(step);
        }}
      >
        {width > 0 && (
          <svg className="chart" width={width} height={height} aria-hidden="true">
            <defs>
              <linearGradient id={gradient} x1="0" x2="0" y1="0" y2="1">
                <stop offset="0" className="chart-from" />
                <stop offset="1" className="chart-to" />
              </linearGradient>
            </defs>
            {[0, 0.5, 1].map((part) => (
              <g key={part}>
                <line
                  x1={pad.left}
                  x2={width - pad.right}
                  y1={y(most * part)}
                  y2={y(most * part)}
                  className="chart-grid"
                />
                <text x={pad.left - 8} y={y(most * part) + 4} textAnchor="end" className="chart-label">
                  {formatBytes(most * part)}
                </text>
              </g>
            ))}
            {labels.map((index) => (
              <text
                key={index}
                x={x(index)}
                y={height - 6}
                textAnchor={anchorOf(index, days.length)}
                className="chart-label"
              >
                {formatDay(days[index]?.day ?? last.day)}
              </text>
            ))}
            <path d={`${line} L${x(days.length - 1)} ${base} L${x(0)} ${base} Z`} fill={`url(#${gradient})`} />
            <path d={line} className="chart-line" />
            <line x1={x(at)} x2={x(at)} y1={pad.top} y2={base} className="chart-cursor" />
            <circle cx={x(at)} cy={y(shown.usedBytes)} r={4} className="chart-dot" />
          </svg>
        )}
      </div>
    </div>
  );
}

/** The next round number of a binary unit above: 1, 2, 4, 5, 8 or so of it. */
function niceCeiling(bytes: number): number {
  const unit = Object.values(byteUnits).findLast((size) => bytes >= size) ?? 1;
  const value = bytes / unit;
  const step =
    [1, 2, 4, 6, 8, 10, 20, 40, 60, 80, 100, 200, 400, 600, 800, 1024].find((round) => value <= round) ?? 1024;
  return Math.max(1, step * unit);
}

const everySoOften = (count: number, labels: number) => [
  ...new Set(Array.from({ length: labels }, (_, label) => Math.round((label / (labels - 1)) * (count - 1)))),
];

const anchorOf = (index: number, count: number) => (index === 0 ? 'start' : index === count - 1 ? 'end' : 'middle');

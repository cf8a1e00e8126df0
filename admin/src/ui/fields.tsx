/** Inputs of settings: people read and write units, the API bytes and seconds. */
import { NumberInput, Select, TagsInput } from '@mantine/core';
import { useState } from 'react';
import {
  type ByteUnit,
  byteUnits,
  type DurationUnit,
  durationUnits,
  formatBytes,
  formatCount,
  formatDuration,
} from '../format.ts';
import { listInContent } from '../theme.ts';

export interface Range {
  min: number;
  max: number;
}

/** Why a number of bytes, seconds or pixels cannot be sent; undefined where it can. */
export function problemOf(
  value: number | undefined,
  { min, max }: Range,
  show: (value: number) => string,
): string | undefined {
  if (value === undefined || !Number.isFinite(value)) return 'Enter a number.';
  if (value < min) return `At least ${show(min)}.`;
  return value > max ? `At most ${show(max)}.` : undefined;
}

interface FieldProps {
  label: string;
  description: string;
  value: number | undefined;
  onChange: (value: number | undefined) => void;
  range: Range;
}

interface UnitFieldProps<U extends string> extends FieldProps {
  units: Record<U, number>;
  show: (value: number) => string;
}

/** A number with its unit beside it. Another unit shows the same amount; only a typed number changes what is sent. */
function UnitField<U extends string>({ label, description, value, onChange, range, units, show }: UnitFieldProps<U>) {
  const names = Object.keys(units) as U[];
  const [unit, setUnit] = useState<U>(() => unitFor(value, units));
  const shown = value === undefined ? '' : round(value / units[unit]);
  return (
    <NumberInput
      label={label}
      description={description}
      value={shown}
      min={0}
      decimalScale={6}
      thousandSeparator=","
      hideControls
      rightSectionWidth={104}
      rightSection={
        <Select
          className="unit"
          variant="unstyled"
          rightSectionWidth={28}
          comboboxProps={{ ...listInContent, width: 120, position: 'bottom-end' }}
          aria-label={`Unit of ${label}`}
          data={names}
          value={unit}
          allowDeselect={false}
          onChange={(next) => next && setUnit(next as U)}
        />
      }
      onChange={(next) => {
        const typed = next === '' ? Number.NaN : Number(next);
        // What was rounded to be shown is not what somebody typed.
        if (typed === shown) return;
        onChange(Number.isFinite(typed) ? Math.round(typed * units[unit]) : undefined);
      }}
      error={problemOf(value, range, show)}
    />
  );
}

/** The largest unit in which the amount is a whole number or has few digits behind the point. */
function unitFor<U extends string>(value: number | undefined, units: Record<U, number>): U {
  const fitting = (Object.entries(units) as [U, number][]).filter(([, size]) => (value ?? 0) >= size);
  fitting.sort(([, a], [, b]) => b - a);
  const found = fitting.find(([, size]) => Number.isInteger(((value ?? 0) / size) * 4)) ?? fitting[0];
  return found?.[0] ?? (Object.keys(units)[0] as U);
}

const round = (value: number) => Math.round(value * 1e6) / 1e6;
const { TiB: _none, ...fieldUnits } = byteUnits;

/** Bytes, in KiB, MiB or GiB. */
export const BytesField = (props: FieldProps) => (
  <UnitField<Exclude<ByteUnit, 'TiB'>> {...props} units={fieldUnits} show={formatBytes} />
);

/** Seconds, in days, hours or minutes. */
export const DurationField = (props: FieldProps) => (
  <UnitField<DurationUnit> {...props} units={durationUnits} show={formatDuration} />
);

/** Pixels. */
export function PixelsField({ label, description, value, onChange, range }: FieldProps) {
  return (
    <NumberInput
      label={label}
      description={description}
      value={value ?? ''}
      suffix=" px"
      allowDecimal={false}
      hideControls
      onChange={(next) => onChange(next === '' ? undefined : Number(next))}
      error={problemOf(value, range, (pixels) => `${formatCount(pixels)} px`)}
    />
  );
}

/** Types, one a tag. */
export function TypesField(props: {
  label: string;
  description: string;
  value: string[];
  onChange: (value: string[]) => void;
  pattern: RegExp;
  example: string;
  most: number;
}) {
  const { value, pattern, example, most, ...input } = props;
  const wrong = value.find((type) => !pattern.test(type));
  return (
    <TagsInput
      {...input}
      value={value}
      acceptValueOnBlur
      error={
        typesProblem(value, pattern, most) &&
        (wrong ? `“${wrong}” is no type: write one like ${example}.` : typesProblem(value, pattern, most))
      }
    />
  );
}

export function typesProblem(value: string[], pattern: RegExp, most: number): string | undefined {
  if (value.length === 0) return 'At least one.';
  if (value.length > most) return `At most ${most}.`;
  return value.every((type) => pattern.test(type)) ? undefined : 'One of them is no type.';
}

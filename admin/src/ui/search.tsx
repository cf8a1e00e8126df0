import { CloseButton, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { setParams, useRoute } from '../route.ts';

/** Milliseconds of quiet before a search is asked for. */
const quietMs = 250;

/** A field that narrows the view by a parameter of its address, once its reader has stopped typing. */
export function Search({ param, label, placeholder }: { param: string; label: string; placeholder?: string }) {
  const { params } = useRoute();
  const told = params.get(param) ?? '';
  const [value, setValue] = useState(told);
  // A blank at the end is not told, and stays for the word that follows.
  useEffect(() => setValue((shown) => (shown.trim() === told ? shown : told)), [told]);
  const tell = useDebouncedCallback((next: string) => setParams({ [param]: next.trim() || undefined }), quietMs);
  const change = (next: string) => {
    setValue(next);
    tell(next);
  };
  return (
    <TextInput
      type="search"
      className="search"
      aria-label={label}
      placeholder={placeholder ?? label}
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSection={value !== '' && <CloseButton size="sm" aria-label={`Clear ${label}`} onClick={() => change('')} />}
      value={value}
      maxLength={128}
      onChange={({ currentTarget }) => change(currentTarget.value)}
    />
  );
}

import { Anchor, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';

let isFirst = true;

/** A view with its heading, which has the focus after a change of the page: screen readers tell it, and Tab goes on from there. */
export function Page({
  title,
  crumb,
  about,
  actions,
  children,
}: {
  title: string;
  crumb?: { title: string; href: string };
  about?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Stowage`;
    if (!isFirst) heading.current?.focus();
    isFirst = false;
  }, [title]);
  return (
    <Stack gap="lg" className="page">
      <div className="page-head">
        <Stack gap={4} className="page-title">
          {crumb && (
            <Anchor href={crumb.href} size="sm">
              ← {crumb.title}
            </Anchor>
          )}
          <Title order={1} ref={heading} tabIndex={-1} className="breakable">
            {title}
          </Title>
          {about && (
            <Text size="sm" c="dimmed" component="div" className="about">
              {about}
            </Text>
          )}
        </Stack>
        {actions && <Group gap="sm">{actions}</Group>}
      </div>
      {children}
    </Stack>
  );
}

/** Where there is nothing yet, what there would be and how it comes. */
export function Empty({ title, children, action }: { title: string; children: ReactNode; action?: ReactNode }) {
  return (
    <div className="empty">
      <Text fw={600}>{title}</Text>
      <Text size="sm" c="dimmed" maw={440}>
        {children}
      </Text>
      {action}
    </div>
  );
}

/** Stands in for what is being asked for, in about its size. */
export function Loading({ rows = 6 }: { rows?: number }) {
  return (
    <div className="loading" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
        <Skeleton key={row} height={34} radius="sm" />
      ))}
    </div>
  );
}

/** A part of a view, on a surface of its own. */
export function Panel({
  title,
  actions,
  children,
  flush = false,
}: {
  title?: string;
  actions?: ReactNode;
  children: ReactNode;
  flush?: boolean;
}) {
  return (
    <section className={flush ? 'panel panel-flush' : 'panel'} aria-label={title}>
      {(title || actions) && (
        <div className="panel-head">
          {title && <Title order={2}>{title}</Title>}
          {actions}
        </div>
      )}
      {children}
    </section>
  );
}

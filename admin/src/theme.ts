import {
  type CSSVariablesResolver,
  createTheme,
  Drawer,
  Modal,
  Select,
  Table,
  TagsInput,
  Tooltip,
} from '@mantine/core';

/** Lists that open are part of the content: outside of `<main>` they would be in no landmark. */
export const listInContent = { portalProps: { target: '#content' } };

/** The `<header>` of a dialog is no banner of the page. */
const noBanner = { header: { role: 'presentation' } };

/**
 * The look of the page. Shared with the build, which writes the library's CSS variables into the stylesheet: at run time they
 * would be a `<style>` element, which the page's policy refuses.
 */
export const theme = createTheme({
  primaryColor: 'pine',
  primaryShade: { light: 7, dark: 7 },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.375rem', lineHeight: '1.3' },
      h2: { fontSize: '1rem', lineHeight: '1.4' },
      h3: { fontSize: '0.875rem', lineHeight: '1.4' },
    },
  },
  colors: {
    pine: [
      '#e8f6f4',
      '#cfebe7',
      '#a6d9d3',
      '#7fd0c8',
      '#4fb8ae',
      '#2a9d93',
      '#17877e',
      '#0f756d',
      '#0f5c57',
      '#0a4744',
    ],
    dark: [
      '#e4e7e7',
      '#c6cbcc',
      '#9da5a6',
      '#727b7d',
      '#3f4648',
      '#2d3335',
      '#232829',
      '#191d1e',
      '#131617',
      '#0d0f10',
    ],
  },
  components: {
    // Its scroll lock is a `<style>` element as well; the stylesheet does it.
    Modal: Modal.extend({
      defaultProps: { lockScroll: false, centered: true, transitionProps: { duration: 120 }, attributes: noBanner },
    }),
    Drawer: Drawer.extend({
      defaultProps: { lockScroll: false, transitionProps: { duration: 150 }, attributes: noBanner },
    }),
    Select: Select.extend({ defaultProps: { comboboxProps: listInContent } }),
    TagsInput: TagsInput.extend({ defaultProps: { comboboxProps: listInContent } }),
    Table: Table.extend({ defaultProps: { verticalSpacing: 'xs', horizontalSpacing: 'md' } }),
    Tooltip: Tooltip.extend({ defaultProps: { withArrow: true, openDelay: 300 } }),
  },
});

/** Texts that are dim stay readable: 4.5 to 1 on every ground of the page (WCAG 2.2, 1.4.3). */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-text': '#1c2223',
    '--mantine-color-dimmed': '#5a6466',
    '--mantine-color-placeholder': '#687275',
    '--mantine-color-error': '#c02626',
    '--mantine-color-default-border': '#d5dadb',
    '--mantine-color-disabled-color': '#687275',
    '--mantine-color-blue-light-color': '#0b4f86',
    '--mantine-color-green-light-color': '#17602b',
    '--mantine-color-yellow-light-color': '#6b4700',
    '--mantine-color-orange-light-color': '#8a3a06',
    '--mantine-color-red-light-color': '#9c1f1f',
    '--mantine-color-red-text': '#c02626',
    '--mantine-color-red-filled': '#c92a2a',
    '--mantine-color-red-filled-hover': '#b02525',
    '--mantine-color-green-light': '#dff4e5',
    '--mantine-color-blue-light': '#dfeefb',
    '--mantine-color-yellow-light': '#fdf0cb',
    '--mantine-color-orange-light': '#fde9d9',
    '--mantine-color-red-light': '#fde4e4',
    '--mantine-color-pine-light': '#e1f2ef',
    '--mantine-color-pine-light-hover': '#d6ece8',
    '--ground': '#f7f8f8',
    '--surface': '#ffffff',
    '--line': '#e3e7e7',
  },
  dark: {
    '--mantine-color-body': '#191d1e',
    '--mantine-color-dimmed': '#9da5a6',
    '--mantine-color-placeholder': '#8f989a',
    '--mantine-color-error': '#ff8787',
    '--mantine-color-disabled-color': '#8f989a',
    '--mantine-color-anchor': '#7fd0c8',
    '--mantine-color-red-text': '#ff8787',
    '--mantine-color-red-filled': '#c92a2a',
    '--mantine-color-red-filled-hover': '#b02525',
    '--mantine-color-green-light': '#16301f',
    '--mantine-color-green-light-color': '#9fdcb0',
    '--mantine-color-blue-light': '#14293c',
    '--mantine-color-blue-light-color': '#9ccaf2',
    '--mantine-color-yellow-light': '#352a10',
    '--mantine-color-yellow-light-color': '#f0cf83',
    '--mantine-color-orange-light': '#3a2313',
    '--mantine-color-orange-light-color': '#f5b88b',
    '--mantine-color-red-light': '#3c1b1c',
    '--mantine-color-red-light-color': '#f7a9a9',
    '--mantine-color-pine-light': '#17302e',
    '--mantine-color-pine-light-hover': '#1b3a37',
    '--mantine-color-pine-light-color': '#a6d9d3',
    '--ground': '#131617',
    '--surface': '#191d1e',
    '--line': '#2d3335',
  },
});

import { findProgram } from './programs.ts'

/** What a run without a browser says of itself. */
export const chromiumAbsent =
  'Chromium: the tests of the dashboard in a browser were skipped, there is no chromium on this machine'

/** Where Debian's Chromium is; null where it is not: then the tests in a browser are skipped. */
export const chromiumPath: string | null = findProgram('chromium')

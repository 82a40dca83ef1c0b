import { findProgram } from './programs.ts'

/** Where Debian's Chromium is; null where it is not: then the tests in a browser are skipped. */
export const chromiumPath: string | null = findProgram('chromium')

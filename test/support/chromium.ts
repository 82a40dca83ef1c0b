import { findProgram } from './programs.ts'

/** The path of Debian's Chromium, or null if it is not installed. Without it the tests in a browser are skipped. */
export const chromiumPath: string | null = findProgram('chromium')

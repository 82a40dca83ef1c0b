import { versionText } from './format.ts'

/**
 * A version of the ledger. Versions have 13 digits, of which only the distance from another one says something: `+5` is the fifth after
 * `base`. The whole number is shown on hover, and to anybody who copies it.
 */
export function Version({ version, base }: { version: number; base: number | null }) {
  return (
    <data value={version} title={`Version ${version}`}>
      {versionText(version, base)}
    </data>
  )
}

import type { Finding, FuzzReport } from './findings.ts'

interface RoundsOptions {
  readonly roundsMax: number
  readonly round: (index: number) => Promise<FuzzReport>
  readonly isFound: (findings: readonly Finding[]) => boolean
}

/** Fuzzes in rounds until everything that was planted is found, because nothing is learnt from requests after that. */
export async function findInRounds({
  roundsMax,
  round,
  isFound,
}: RoundsOptions): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (let index = 0; index < roundsMax && !isFound(findings); index += 1) {
    findings.push(...(await round(index)).findings)
  }
  return findings
}

import { useChoices, useRestOfAddress } from '../../routing.ts'

/** The board's part of the address, which changes with its choices. */
export function useAddress(): string {
  // Both follow the address, and this is shown again with each change of either.
  useRestOfAddress()
  useChoices()
  return window.location.hash
}

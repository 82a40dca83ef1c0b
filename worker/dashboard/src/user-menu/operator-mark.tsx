import { useIsOperator } from '../access.ts'

/** Says that the user operates the deployment. Needs the shell's place. */
export function OperatorMark() {
  return useIsOperator() === true && <span className="state">operator</span>
}

import { unknown } from './format.ts'

interface HeadProps {
  readonly title: string
  readonly value: string
  readonly unit?: string
  readonly note: string
  readonly isBad?: boolean
}

/** A figure in large type, for the row at the top of a view. */
export function Head({ title, value, unit, note, isBad }: HeadProps) {
  return (
    <div className="panel head">
      <dt>{title}</dt>
      <dd className={isBad === true ? 'head-value bad' : 'head-value'}>
        {value}
        {unit !== undefined && value !== unknown && <span className="head-unit">{unit}</span>}
      </dd>
      <dd className="head-note">{note}</dd>
    </div>
  )
}

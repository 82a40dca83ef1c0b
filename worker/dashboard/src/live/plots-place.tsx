/** The titles of the plots, by which their places are kept while they are being loaded. */
export const plotTitles = {
  hitRate: 'Hit rate',
  requests: 'Requests',
  latency: 'Latency',
  sources: 'Where answers come from',
} as const

/** Keeps the place of the plots while their script is being loaded, so that nothing below them moves. */
export function PlotsPlace() {
  return (
    <section aria-label="Figures over time" aria-busy="true">
      <div className="range" />
      <div className="plots">
        {Object.values(plotTitles).map((title) => (
          <section key={title} className="panel plot" aria-label={title}>
            <header className="panel-head">
              <h2>{title}</h2>
            </header>
            <div className="canvas" />
            <div className="legend" />
          </section>
        ))}
      </div>
    </section>
  )
}

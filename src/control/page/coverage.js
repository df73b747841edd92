// What clients reached of the API: a grid of operations and statuses.
import { html } from './preact-htm.js';
import { ask, scope } from './api.js';
import { useAnswer } from './files.js';
import { write } from './route.js';
import { Problem, Table, number, useAction } from './show.js';
import { t } from './texts.js';

export function Coverage({ route, version }) {
  const where = `coverage?${scope(route.org)}`;
  const [report, again, problem] = useAnswer(where, version, null);
  const [note, act] = useAction();
  if (!report) return html`<section class="tab"><${Problem} text=${problem} /></section>`;
  const goals = report.operations.map(({ goals: all }) => new Map(all.map(({ goal, count }) => [goal, count])));
  const statuses = [...new Set(goals.flatMap(all => [...all.keys()]))].filter(goal => goal.startsWith('status ')).sort();
  const clear = () => act(async () => {
    await ask(where, { method: 'DELETE' });
    again();
  });
  const cell = (operation, all, status) => {
    const count = all.get(status);
    if (count === undefined) return html`<td key=${status}></td>`;
    const code = status.slice(7);
    const href = write({ ...route, tab: 'requests', id: '', filter: `operation:${operation} status:${code}` });
    return html`<td key=${status}><a class=${count ? `status s${code[0]}` : ''} href=${href} data-testid=${`cell-${operation}-${code}`}
      aria-label=${`${operation} ${code}: ${count}`}>${count ? number(count) : '\u00b7'}</a></td>`;
  };
  return html`<section class="tab">
    ${note}<${Problem} text=${problem} />
    <p><b data-testid="percent">${report.percent} %</b> ${t('{} of {} goals were reached.', number(report.reached), number(report.total))}
      <button onClick=${clear} data-testid="clear-coverage">${t('Clear')}</button></p>
    <progress max="100" value=${report.percent} aria-label=${t('coverage')}></progress>
    <${Table} label="coverage" id="coverage" kind="coverage" heads=${['Operation', ...statuses.map(status => status.slice(7)), 'Goals']}>
      ${report.operations.map(({ operation, endpoint, reached, total }, index) => html`<tr key=${operation}>
        <th scope="row" title=${endpoint}>${operation}</th>${statuses.map(status => cell(operation, goals[index], status))}<td>${reached}/${total}</td></tr>`)}
    <//>
  </section>`;
}

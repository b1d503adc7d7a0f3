// The grid: a calendar with a column for each doctor; it shows cells and says which days it shows.
/* global EventCalendar */

export const signs = { FREE: '', YOURS: '● ', HELD_BY_CALL: '☎ ', HELD_BY_DESK: '◐ ', OWN: '★ ', BOOKED: '■ ', RESERVED: '◇ ', OTHER: '△ ', OUTSIDE: '› ', CLOSED: '✕ ', PAST: '' };
const kinds = { PRIMARY: 'П', REPEAT: 'Пв', REFERRAL: 'Н', PREVENTIVE: 'Пф', VACCINATION: 'В', OBSERVATION: 'Д' };
const DAY = 86400000;
const words = new Intl.DateTimeFormat('ru', { weekday: 'short', day: 'numeric', month: 'long', timeZone: 'UTC' });

// Days are counted in UTC, where each has 24 hours: the hospital's clock is in the texts that the server sends.
const at = (day) => new Date(`${day}T00:00:00Z`);
const iso = (date) => date.toISOString().slice(0, 10);
const plus = (day, count) => iso(new Date(at(day).getTime() + count * DAY));

export class Grid {
  /** `picked(cell)`: clicked or pressed; `moved(first, last)`: other days are shown, fetch them. */
  constructor(place, { picked, moved }) {
    Object.assign(this, { place, picked, moved, day: iso(new Date()), week: false, cells: new Map() });
  }

  get first() { return this.week ? plus(this.day, -((at(this.day).getUTCDay() + 6) % 7)) : this.day; }
  get last() { return this.week ? plus(this.first, 6) : this.day; }
  get title() { return this.week ? `${this.said(this.first)} — ${this.said(this.last)}` : this.said(this.day); }

  said(day) { return words.format(at(day)); }
  shows(day) { return this.first <= day && day <= this.last; }
  open(day) { this.day = day || this.day; return this.reload(); }
  step(by) { return this.open(plus(this.day, by * (this.week ? 7 : 1))); }
  toggle() { this.week = !this.week; this.reload(); return this.week; }
  reload() { return this.moved(this.first, this.last); }

  show(doctors, cells) {
    this.cells = new Map(cells.map((cell) => [String(cell.id), cell]));
    const times = cells.flatMap((cell) => [cell.start.slice(11), cell.end.slice(11)]).sort();
    const options = {
      view: this.week ? 'resourceTimeGridWeek' : 'resourceTimeGridDay',
      date: at(this.day).toISOString().slice(0, 10),
      resources: doctors.map((one) => ({ id: String(one.id), title: `${one.short}, каб. ${one.room}` })),
      events: cells.map((cell) => this.event(cell)),
      columnWidth: 'minmax(6rem, 1fr)',
      slotMinTime: hour(times[0] || '08:00'),
      slotMaxTime: hour(times.at(-1) || '18:00', 1),
    };
    if (!this.calendar) {
      this.calendar = EventCalendar.create(this.place, {
        ...options,
        locale: 'ru', firstDay: 1, allDaySlot: false, height: '30rem', slotDuration: '00:15', slotHeight: 22, slotEventOverlap: false,
        headerToolbar: { start: '', center: '', end: '' }, datesAboveResources: true, filterResourcesWithEvents: true, nowIndicator: false, editable: false, eventStartEditable: false, eventDurationEditable: false, selectable: false,
        dayHeaderFormat: { weekday: 'short', day: 'numeric', month: 'long' },
        eventContent: ({ event }) => ({ domNodes: [this.button(event)] }),
        eventAllUpdated: () => this.reachable(),
      });
    } else for (const [name, value] of Object.entries(options)) this.calendar.setOption(name, value);
  }

  /** Single cells are other than before, or new. */
  change(cells) {
    for (const cell of cells) {
      const known = this.cells.has(String(cell.id));
      this.cells.set(String(cell.id), cell);
      if (known) this.calendar?.updateEvent(this.event(cell)); else this.calendar?.addEvent(this.event(cell));
    }
  }

  event(cell) {
    return {
      id: String(cell.id), resourceIds: [String(cell.doctor)], start: `${cell.start}:00`, end: `${cell.end}:00`,
      title: `${signs[cell.mark]}${cell.start.slice(11)} ${kinds[cell.kind]}`, classNames: ['slot', cell.mark, cell.kind],
    };
  }

  button(event) {
    const one = document.createElement('button');
    one.type = 'button';
    one.textContent = event.title;
    one.dataset.slot = event.id;
    one.setAttribute('aria-label', this.label(event.id));
    one.addEventListener('click', () => this.press(event.id));
    return one;
  }

  // What scrolls can be reached by keys. A piece of the calendar is no button itself, it has one; and the calendar calls
  // itself a table although its pieces lie in no cell.
  reachable() {
    for (const one of this.place.querySelectorAll('[role=table], [role=row], [role=cell], [role=columnheader]')) {
      for (const name of ['role', 'aria-colindex', 'aria-colspan', 'aria-rowindex', 'aria-rowspan', 'aria-colcount', 'aria-rowcount']) one.removeAttribute(name);
    }
    for (const one of this.place.querySelectorAll('.ec-header [aria-label]')) one.removeAttribute('aria-label');
    const body = this.place.querySelector('.ec-body');
    body?.setAttribute('tabindex', '0');
    body?.setAttribute('role', 'region');
    body?.setAttribute('aria-label', 'Сетка расписания');
    for (const one of this.place.querySelectorAll('article.ec-event')) { one.removeAttribute('role'); one.removeAttribute('tabindex'); }
  }

  label(id) {
    const cell = this.cells.get(id);
    return cell ? `${cell.start.slice(11)}, ${cell.kind_said}, ${cell.said}` : '';
  }

  press(id) {
    const cell = this.cells.get(String(id));
    if (cell) this.picked(cell);
  }
}

function hour(time, more = 0) { return `${String(Math.min(24, Number(time.slice(0, 2)) + more)).padStart(2, '0')}:00`; }

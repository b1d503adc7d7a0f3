// The least page that phones: what it is told is kept for the test to read.
import { Softphone } from '/static/softphone.mjs';

window.told = { states: [], captions: [], levels: [] };
window.open_phone = (ws, login) => {
  window.phone = new Softphone({
    ws, login,
    onState: state => told.states.push(state),
    onCaption: text => told.captions.push(text),
    onLevel: level => told.levels.push(level),
  });
};

/** States of the generators that a function draws from: its gradient may need the numbers again. */
import { bufferOf, type Storage } from '../tensor/storage';

const bytesOf = (storage: Storage): Uint8Array =>
  new Uint8Array(bufferOf(storage), storage.byteOffset, storage.byteLength);

/** What the states are now. */
export const statesOf = (drawn: readonly Storage[]): Uint8Array[] =>
  drawn.map((state) => bytesOf(state).slice());

const setStates = (drawn: readonly Storage[], states: readonly Uint8Array[]): void => {
  drawn.forEach((state, i) => {
    bytesOf(state).set(states[i]);
  });
};

/** Runs `body` with the generators where they were in `states`; afterwards they are where they are now. */
export function drawingAgain(
  drawn: readonly Storage[],
  states: readonly Uint8Array[],
  body: () => void,
): void {
  const now = statesOf(drawn);
  setStates(drawn, states);
  try {
    body();
  } finally {
    setStates(drawn, now);
  }
}

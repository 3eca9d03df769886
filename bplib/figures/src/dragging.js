// Dragging along one line, by a mouse anywhere and by a finger at a grip, which leaves the rest of the tile to scrolling.

/** Let `tile` be dragged along 'X' or 'Y'; drop(its middle) is called at the end. What comes back says whether the click
 *  that follows belongs to a drag. */
export function draggable(tile, axis, drop, grip = tile) {
  let from = null, moved = false;
  tile.dataset.bpMoves = ''; // to be moved is its purpose: the page does not follow
  const at = (event) => event[`client${axis}`];
  tile.addEventListener('pointerdown', (event) => {
    moved = false;
    if (event.pointerType !== 'mouse' && !grip.contains(event.target)) return;
    from = at(event);
    tile.setPointerCapture(event.pointerId);
  });
  tile.addEventListener('pointermove', (event) => {
    if (from === null) return;
    moved ||= Math.abs(at(event) - from) > 6;
    if (moved) tile.style.transform = `translate${axis}(${at(event) - from}px)`;
  });
  const end = (event) => {
    if (from === null) return;
    from = null;
    const here = middle(tile, axis);
    tile.style.transform = '';
    if (moved && event.type === 'pointerup') drop(here);
  };
  tile.addEventListener('pointerup', end);
  tile.addEventListener('pointercancel', end);
  return () => moved;
}

/** Where the middle of an element is along an axis. */
export function middle(element, axis) {
  const { left, top, width, height } = element.getBoundingClientRect();
  return axis === 'X' ? left + width / 2 : top + height / 2;
}

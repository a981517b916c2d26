/// Questions that the tests ask the page, in its own language.
enum Page {
  /// Opens every outcome that is drawn.
  static let openAll = """
    (() => { document.querySelectorAll('.row[aria-expanded=false]').forEach((row) => row.click()); return true; })()
    """

  /// The page's parts that lie over each other although neither is inside of the other.
  static let overlaps = """
    (() => {
      const parts = [...document.querySelectorAll(
        'h1, h2, .lead, .figures div, .assertions li, .filters button, .find, .shown, .row > span, .mark, .replay code, '
        + '.copy, .witness, .lane, .turn, .box, .wait, .hatch span, .result, .final code, .legend > span, .more button, footer p')]
        .filter((part) => part.checkVisibility());
      const inside = (one, other) => one.contains(other) || other.contains(one);
      const name = (part) => part.className + ': ' + part.textContent.trim().slice(0, 40);
      const found = [];
      const boxes = parts.map((part) => [part, part.getBoundingClientRect()]).sort((a, b) => a[1].top - b[1].top);
      boxes.forEach(([one, a], index) => {
        for (let next = index + 1; next < boxes.length && boxes[next][1].top < a.bottom - 1; next += 1) {
          const [other, b] = boxes[next];
          if (a.left < b.right - 1 && b.left < a.right - 1 && !inside(one, other)) found.push(name(one) + ' / ' + name(other));
        }
      });
      return found;
    })()
    """

  /// Elements that are too small for what is in them, and how much the page scrolls to the side.
  static let overflows = """
    (() => [document.documentElement, ...document.querySelectorAll('main *, header *, footer *')]
      .filter((part) => part.checkVisibility() && !part.closest('.hidden') && !part.matches('.differs, .timeline, .grid')
        && part.clientWidth > 0 && part.scrollWidth > part.clientWidth + 1)
      .map((part) => part.tagName + '.' + part.className + ' ' + part.scrollWidth + ' > ' + part.clientWidth))()
    """

  /// What can be reached by keyboard, and is shown.
  static let controls = """
    (() => [...document.querySelectorAll('a[href], button, input, summary, [tabindex="0"]')]
      .filter((part) => part.checkVisibility()).map(name))()
    """

  /// What has the focus, and whether that is seen.
  static let focus = """
    (() => {
      const style = getComputedStyle(document.activeElement);
      return { name: name(document.activeElement), isSeen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 };
    })()
    """

  /// Gives ``controls`` and ``focus`` what they call an element by.
  static let naming = """
    (() => {
      window.name = undefined;
      globalThis.place = new Map();
      Object.defineProperty(globalThis, 'name', { configurable: true, writable: true, value: (part) => {
        if (!place.has(part)) place.set(part, place.size);
        return part.tagName + ' ' + place.get(part) + ' ' + (part.getAttribute('aria-label') ?? part.textContent).trim().slice(0, 30);
      } });
      return true;
    })()
    """

  /// Of each outcome that is open: its id, boxes, waits, arrows, and where the arrows end.
  static let timelines = """
    (() => [...document.querySelectorAll('.outcome')].filter((item) => item.querySelector('.grid')).map((item) => {
      const lanes = [...item.querySelectorAll('.lane')].map((lane) => [lane.textContent, lane.getBoundingClientRect()]);
      const laneAt = (x) => lanes.find(([, box]) => box.left - 1 <= x && x <= box.right + 1)?.[0] ?? 'none';
      return {
        id: item.querySelector('.id').lastChild.textContent,
        boxes: [...item.querySelectorAll('.box')].map((box) => laneAt(box.getBoundingClientRect().left + 4) + ' '
          + box.querySelector('.step').textContent),
        tops: [...item.querySelectorAll('.box')].map((box) => box.getBoundingClientRect().top),
        hatches: [...item.querySelectorAll('.hatch')].map((hatch) => laneAt(hatch.getBoundingClientRect().left + 4) + ' '
          + hatch.textContent),
        arrows: [...item.querySelectorAll('.arrow')].map((arrow) => {
          const box = arrow.getBoundingClientRect();
          const isLeft = arrow.classList.contains('left');
          return laneAt(isLeft ? box.right : box.left) + ' > ' + laneAt(isLeft ? box.left : box.right);
        }),
        results: [...item.querySelectorAll('.box .result, .wait .result')].map((result) => result.innerText.trim()),
        command: item.querySelector('.replay code').textContent,
      };
    }))()
    """
}

import { onBeforeUnmount, onMounted, type ShallowRef } from 'vue';

/** Pixels that a press may move and still be a click. */
const CLICK = 5;

/** Lets what is wider than its box be drawn sideways with the pressed mouse. */
export function useDragScroll(box: Readonly<ShallowRef<HTMLElement | null>>): void {
  let from = 0;
  let scrolled = 0;
  let isPressed = false;
  let wasDragged = false;

  function press(event: PointerEvent): void {
    if (event.button !== 0 || event.pointerType === 'touch' || box.value === null) return;
    isPressed = true;
    wasDragged = false;
    from = event.clientX;
    scrolled = box.value.scrollLeft;
  }

  function move(event: PointerEvent): void {
    if (!isPressed || box.value === null) return;
    if (Math.abs(event.clientX - from) > CLICK) wasDragged = true;
    if (wasDragged) box.value.scrollLeft = scrolled - (event.clientX - from);
  }

  function release(): void {
    isPressed = false;
  }

  /** The click that ends a drag is none. */
  function swallow(event: MouseEvent): void {
    if (!wasDragged) return;
    event.stopPropagation();
    event.preventDefault();
    wasDragged = false;
  }

  onMounted(() => {
    box.value?.addEventListener('pointerdown', press);
    box.value?.addEventListener('click', swallow, true);
    window.addEventListener('pointermove', move);
    window.addEventListener('pointerup', release);
  });
  onBeforeUnmount(() => {
    window.removeEventListener('pointermove', move);
    window.removeEventListener('pointerup', release);
  });
}

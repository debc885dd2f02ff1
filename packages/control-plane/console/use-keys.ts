import { useEffect, useRef } from 'preact/hooks';

/** Single keys of a page; they rest while somebody types, holds a modifier, or a dialog is open. */
export function useKeys(keys: Readonly<Record<string, () => unknown>>): void {
  const current = useRef(keys);
  current.current = keys;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const target = event.target instanceof HTMLElement ? event.target : undefined;
      const typing = target?.matches('input:not([type=range]), textarea, select') === true;
      if (event.key === 'Escape' && target?.matches('input[type=search]') === true) {
        // The browser would empty a search field without telling anybody.
        event.preventDefault();
        target?.blur();
      }
      if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]') !== null) return;
      // Space and Enter belong to the button that has the focus.
      if (event.key === ' ' && target?.matches('button, a, summary') === true) return;
      const action = current.current[event.key];
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

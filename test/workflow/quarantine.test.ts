import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOLDINGS_AT_ONCE, PROMOTIONS_AT_ONCE, placeOf } from '../../domain/incident/quarantine-book.ts';
import type { Reservation } from '../../domain/promotion/promotion-book.ts';
import type { incident } from '../../workflows/incident/workflow.ts';
import type { promotion } from '../../workflows/promotion/workflow.ts';
import type { quarantine } from '../../workflows/quarantine/workflow.ts';
import { infra } from '../infra.ts';
import { workflowBundle } from './bundle-setup.ts';
import {
  awaitingApproval,
  inTurn,
  promotionCast,
  promotionKey,
  quarantineCast,
  quarantineKey,
  severalHoldings,
} from './casts.ts';
import { type Cast, openStage, type Stage } from './workflow-stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(infra().temporalAddress, workflowBundle());
});
afterAll(() => stage.close());

const perform = (cast: Cast) =>
  stage.perform<typeof quarantine>('quarantine', [quarantineKey], { ...quarantineCast, ...cast });

describe.concurrent('quarantine', () => {
  it('removes, reads back twice with the longest write between, and confirms', async () => {
    const confirmed: unknown[] = [];
    const started = performance.now();
    const { handle, calls } = await perform({
      confirm: async (_key, seen) => {
        confirmed.push(seen);
      },
    });
    expect(await handle.result()).toBe('confirmed');
    expect(performance.now() - started).toBeGreaterThan(9000);
    expect(calls).toEqual([
      'stands',
      'inFlight',
      'holdings',
      'removeFrom',
      'readBack',
      'readBack',
      'confirm',
      'attestIncidents',
    ]);
    expect(confirmed).toEqual([{ readBacks: 2, environments: ['prod'] }]);
  });

  it('removes from every place, whichever refuses, and waits for that', async () => {
    const removed: string[] = [];
    let opens: () => void = () => undefined;
    const refusing = new Promise<void>((resolve) => {
      opens = resolve;
    });
    const { handle, calls, called } = await perform({
      holdings: async () => severalHoldings,
      removeFrom: async (_key, { environment, destination }) => {
        if (destination === 'dev/shop') await refusing;
        removed.push(`${environment} ${destination}`);
      },
    });
    await called('removeFrom', 4);
    await expect
      .poll(() => removed.toSorted())
      .toEqual(['prod prod/shop', 'prod staging/shop', 'staging staging/shop']);
    expect(removed.indexOf('staging staging/shop')).toBeLessThan(removed.indexOf('prod staging/shop'));
    expect(calls).not.toContain('readBack');
    opens();
    expect(await handle.result()).toBe('confirmed');
    expect(removed.at(-1)).toBe('dev dev/shop');
  });

  it('the same bytes in a thousand places, and promotions of as many, are gone through a page after another', async () => {
    const places = Array.from({ length: 250 }, (_, at) => {
      const repository = `team-${String(at).padStart(4, '0')}/${'base-image/'.repeat(8)}of`;
      return {
        environment: 'prod',
        destination: `prod/${repository}`,
        repository,
        quarantine: `quarantine/${repository}`,
      };
    });
    const promotions = Array.from(
      { length: 450 },
      (_, at) => `promotion/${String(at).padStart(4, '0')}/${'x'.repeat(200)}`,
    );
    const removed: string[] = [];
    const confirmed: unknown[] = [];
    const { handle, calls } = await perform({
      inFlight: async (_key, after = '') => {
        return { promotions: promotions.filter((id) => id > after).slice(0, PROMOTIONS_AT_ONCE), leaseSeconds: 0 };
      },
      holdings: async (_key, after = '') => places.filter((one) => placeOf(one) > after).slice(0, HOLDINGS_AT_ONCE),
      removeFrom: async (_key, { destination }) => {
        removed.push(destination);
      },
      confirm: async (_key, seen) => {
        confirmed.push(seen);
      },
    });
    expect(await handle.result()).toBe('confirmed');
    expect(removed.toSorted()).toEqual(places.map(({ destination }) => destination));
    expect(confirmed).toEqual([{ readBacks: 6, environments: ['prod'] }]);
    expect(calls.filter((call) => call === 'inFlight')).toHaveLength(9);
  });

  it('starts over where the registry still serves it at the last look', async () => {
    const { handle, calls } = await perform({
      holdings: inTurn(await quarantineCast.holdings(), []),
      readBack: inTurn(
        { clean: true, seen: [] as string[] },
        { clean: false, seen: ['prod/shop:1.0'] },
        { clean: true, seen: [] },
      ),
    });
    expect(await handle.result()).toBe('confirmed');
    expect(calls.filter((name) => name === 'readBack')).toHaveLength(4);
    expect(calls.filter((name) => name === 'confirm')).toHaveLength(1);
  });

  it('ends where it was released meanwhile', async () => {
    const { handle, calls } = await perform({ stands: async () => false });
    expect(await handle.result()).toBe('released');
    expect(calls).toEqual(['stands']);
  });

  it('tells promotions in flight to look again, and waits for their leases', async () => {
    const waiting = await stage.perform<typeof promotion>('promotion', [promotionKey], {
      ...promotionCast,
      reserve: inTurn<Reservation>(awaitingApproval, { outcome: 'ended', state: 'quarantined', reason: 'fenced' }),
    });
    await waiting.called('reserve');
    const { handle, calls } = await perform({
      inFlight: inTurn(
        { promotions: [waiting.handle.workflowId, 'promotion/one-that-is-gone'], leaseSeconds: 1 },
        { promotions: [], leaseSeconds: 0 },
      ),
      holdings: async () => [],
    });
    expect(await waiting.handle.result()).toBe('quarantined');
    expect(await handle.result()).toBe('confirmed');
    expect(calls).toEqual([
      'stands',
      'inFlight',
      'inFlight',
      'holdings',
      'readBack',
      'readBack',
      'confirm',
      'attestIncidents',
    ]);
  });
});

describe.concurrent('incident', () => {
  it('is contained once nothing is unconfirmed', async () => {
    const { handle, calls } = await stage.perform<typeof incident>('incident', [{ incident: 'inc-1' }], {
      unconfirmed: inTurn(1, 0),
      contain: async () => undefined,
    });
    await handle.result();
    expect(calls).toEqual(['unconfirmed', 'unconfirmed', 'contain']);
  });
});

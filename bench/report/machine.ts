/** The machine and the peers of a run, in words. */
import os from 'node:os';
import { isa } from 'ostinato';
import { processors, type Machine } from '../machine';
import { installs, labels, type Peer } from '../peers/peer';
import type { PeerName } from '../works/work';

export function describeMachine(machine: Machine): string[] {
  const gigabytes = (bytes: number): string => (machine.bandwidth(bytes) / 1e9).toFixed(0);
  const pinned =
    processors.length === 0
      ? 'not pinned: there is no taskset here'
      : `one-thread rows pinned to processor ${processors.at(-1)}`;
  return [
    `${os.cpus()[0].model}, ${os.cpus().length} processors, ${isa}, Node ${process.version}; ${pinned}; multiply-add peak ${(machine.peak / 1e9).toFixed(0)} GFLOP/s a thread.`,
    `Bytes read over and over, GB/s: ${gigabytes(16 << 10)} of 16 KB, ${gigabytes(256 << 10)} of 256 KB, ${gigabytes(8 << 20)} of 8 MB, ${gigabytes(128 << 20)} of 128 MB.`,
  ];
}

/** Versions, and how to get what is missing. */
export function describePeers(peers: readonly Peer[], wanted: readonly PeerName[]): string {
  return wanted
    .map((name) => {
      const peer = peers.find((one) => one.name === name);
      return peer === undefined
        ? `${labels[name]} not installed (${installs[name]})`
        : `${labels[name]} ${peer.version}`;
    })
    .join('; ');
}

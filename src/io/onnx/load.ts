/** Reading ONNX files. */
import { bytesAt, cannotRead, quoted, refuse, withSource } from '../malformed';
import { pathOf, type FilePath } from '../path';
import { OnnxModel } from './model';
import { operators } from './operators';
import { built } from './program';
import { modelProto, type ModelProto, type ValueInfoProto } from './schema';
import { dtypeOf, folderOf } from './tensors';
import type { OnnxModel as Loaded, OnnxValue } from './types';
import { decoded } from './wire';

const operation = 'loadOnnx';

/** Versions of the default operator set that the table knows. */
const versions = { least: 7, most: 25 };

function versionsOf({ opsetImport }: ModelProto): Map<string, number> {
  const found = new Map<string, number>();
  for (const { domain = '', version = 0 } of opsetImport) {
    const name = domain === 'ai.onnx' ? '' : domain;
    if (found.has(name)) refuse(`it names two operator sets ${quoted(name)}`);
    found.set(name, version);
  }
  const version = found.get('');
  if (version === undefined) return refuse('it names no operator set');
  if (version < versions.least || version > versions.most) {
    cannotRead(`its operator set is ${version}; ${versions.least} to ${versions.most} are read`);
  }
  return found;
}

function valueOf({ name = '', type }: ValueInfoProto): OnnxValue {
  const tensor = type?.tensorType;
  if (type !== undefined && tensor === undefined) {
    return cannotRead(`${quoted(name)} is no tensor`);
  }
  return {
    name,
    dtype: tensor?.elemType ? dtypeOf(tensor.elemType) : null,
    shape: tensor?.shape?.dim.map(({ dimValue, dimParam }) => dimValue ?? (dimParam || null)) ?? null, // prettier-ignore
  };
}

/** `loadOnnx` of onnx-files.ts. */
export function loadOnnx(path: FilePath): Loaded {
  const file = pathOf(operation, path);
  return withSource(operation, file, (source) => {
    if (source.size > 2 ** 31)
      refuse(`it has ${source.size} bytes, more than protocol buffers hold`);
    const model = decoded(modelProto, bytesAt(source, 0, source.size));
    const { graph, irVersion } = model;
    if (graph === undefined) return refuse('it has no graph');
    if (irVersion === undefined) refuse('it says no version of the format');
    if (model.functions.length > 0) cannotRead('it has functions of its own');
    const opsets = versionsOf(model);
    const program = built(graph, opsets, operators, { operation, folder: folderOf(file) });
    const inputs = graph.input.filter(({ name = '' }) => program.inputs.has(name)).map(valueOf);
    const outputs = graph.output.map(valueOf);
    const plan = { program, inputs, outputs };
    return new OnnxModel(plan, program.initials);
  });
}

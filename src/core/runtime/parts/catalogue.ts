import { join } from 'node:path';

/** A library of another project that is machine code, and comes in a package for all platforms at once. */
export interface NativePart {
  readonly name: PartName;
  /** The npm package it comes from, in the version that this product was tested with. */
  readonly package: string;
  readonly version: string;
  /** Of the package's tarball, as the registry states it. */
  readonly sha512: string;
  readonly platforms: readonly string[];
  /** What is needed of the package on a platform: files and folders, from its root. */
  readonly files: (platform: NodeJS.Platform, arch: string) => readonly string[];
  /** The file that is loaded. */
  readonly entry: (platform: NodeJS.Platform, arch: string) => string;
}

export const partNames = ['onnxruntime', 'webgpu'] as const;
export type PartName = (typeof partNames)[number];

const bindingFolder = (platform: string, arch: string) => join('bin', 'napi-v6', platform, arch);
const dawnFolder = (platform: string, arch: string) =>
  join('dist', `${platform}-${platform === 'darwin' ? 'universal' : arch}`);

export const nativeParts: Readonly<Record<PartName, NativePart>> = {
  onnxruntime: {
    name: 'onnxruntime',
    package: 'onnxruntime-node',
    version: '1.30.0',
    sha512: 'twhs1C2C/BFkz1yc5OY0KIU2GUq6DURO7hD4bx5Q2Qy3nAMJwRXW8xU3NVczE29VA9lolLOYepoD8fjTGOfIqw==',
    platforms: ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64'],
    files: (platform, arch) => [bindingFolder(platform, arch)],
    entry: (platform, arch) => join(bindingFolder(platform, arch), 'onnxruntime_binding.node'),
  },
  webgpu: {
    name: 'webgpu',
    package: 'webgpu',
    version: '0.6.2',
    sha512: '3L4GfmqJLvYUIEWJngEQY+2HQiUlAFkg8+P8NDDj3Xx5hHHIFO/r8JW+ynfqBj7kHN4mbnwO74uB+lrRtLhp4Q==',
    platforms: ['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64', 'win32-x64', 'win32-arm64'],
    files: (platform, arch) => ['index.js', dawnFolder(platform, arch)],
    entry: () => 'index.js',
  },
};

/** The name of the folder that holds a part. */
export function folderOf({ package: name, version }: NativePart): string {
  return `${name}-${version}`;
}

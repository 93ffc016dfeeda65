export { gemm, gemmWork } from './gemm.as';

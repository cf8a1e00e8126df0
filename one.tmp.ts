import { createImageProcessor } from '#adapters/sharp/image-processor.ts';
import { readFileSync } from 'node:fs';
const p = createImageProcessor({avif: process.argv[2]!.endsWith('avif')}); const b=readFileSync(process.argv[2]!);
const base=process.resourceUsage().maxRSS/1024|0; const t=performance.now(); let out='';
try { const r=await p.process(b,{maxEdge:Number(process.argv[3]??2560)}); out=`${r.width}x${r.height} ${r.bytes.length}B` } catch(e:any){ out=`${e.code} ${JSON.stringify(e.details)} | ${e.cause?.message?.slice(0,100).replaceAll('\n',' / ')}`; if(!e.code) out+=e.stack }
console.log(`${process.argv[2]!.split('/').pop()!.padEnd(22)} in ${b.length} B  ${performance.now()-t|0} ms  base ${base} peak ${process.resourceUsage().maxRSS/1024|0} MB  ${out}`);

// How loud a talk is, for a page that shows it.

const LEVEL_MS = 100;

/** Tells {heard, spoken}, 0 to 1, ten times a second; returns the function that ends it. */
export function measure(leg, tell) {
  const context = new AudioContext();
  const own = leg.connection.getSenders().map(({ track }) => track).filter(Boolean);
  const [heard, spoken] = [meter(context, leg.stream), meter(context, new MediaStream(own))];
  const timer = setInterval(() => tell({ heard: heard(), spoken: spoken() }), LEVEL_MS);
  return () => { clearInterval(timer); context.close(); tell({ heard: 0, spoken: 0 }); };
}

/** A function that says how loud the stream is now, 0 to 1. */
function meter(context, stream) {
  if (!stream.getAudioTracks().length) return () => 0;
  const analyser = Object.assign(context.createAnalyser(), { fftSize: 1024 });
  context.createMediaStreamSource(stream).connect(analyser);
  const wave = new Float32Array(analyser.fftSize);
  return () => {
    analyser.getFloatTimeDomainData(wave);
    return Math.sqrt(wave.reduce((sum, value) => sum + value * value, 0) / wave.length);
  };
}

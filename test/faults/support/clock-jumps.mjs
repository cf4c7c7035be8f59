// Loaded before the hub: its clock jumps by up to a day, back and forth, every few milliseconds.
const realNow = Date.now;
const dayMs = 86_400_000;
let offset = 0;
setInterval(() => {
  offset = (Math.random() * 2 - 1) * dayMs;
}, 20).unref();
Date.now = () => Math.floor(realNow() + offset);

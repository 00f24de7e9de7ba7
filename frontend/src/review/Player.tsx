/** The clip: scrub, frame by frame, slow, the act in a loop. */

import { forwardRef, useCallback, useEffect, useImperativeHandle, useRef, useState } from "react";
import type { Box, Case, EvidenceItem } from "../api/types";
import { Button, Empty } from "../design/ui";
import { useSpeech } from "../i18n";
import { BoxEditor, Boxes, Stage } from "./Stage";

export interface PlayerHandle {
  toggle: () => void;
  step: (frames: number) => void;
  pause: () => void;
}

const SLOW = 0.25;
/** Until two frames have been seen: a frame of a usual camera. */
const FRAME_S = 0.04;
const BEFORE_ACT_S = 3;
const AFTER_ACT_S = 3;

export function actSpan(item: Case, clip: EvidenceItem, duration: number): [number, number] {
  const start = Date.parse(clip.taken_at);
  const began = (Date.parse(item.occurred_at) - start) / 1000;
  const sure = (Date.parse(item.detected_at) - start) / 1000;
  const from = Math.min(Math.max(0, began - BEFORE_ACT_S), Math.max(0, duration - 2));
  const to = Math.min(duration, Math.max(from + 2, Math.min(sure, began + 12) + AFTER_ACT_S));
  return [from, to];
}

export const Player = forwardRef<PlayerHandle, {
  item: Case; clip: EvidenceItem; poster: string | undefined;
  overlay: boolean; slow: boolean; loop: boolean; playing: boolean;
  onOverlay: () => void; onSlow: () => void; onLoop: () => void;
  box: Box | null; editing: boolean; onBox: (box: Box) => void;
}>(function Player(props, handle) {
  const { item, clip, overlay, slow, loop, box, editing } = props;
  const { t } = useSpeech();
  const ref = useRef<HTMLVideoElement>(null);
  // It is there only once the stage knows its size.
  const [element, setElement] = useState<HTMLVideoElement | null>(null);
  const frame = useRef(FRAME_S);
  const [aspect, setAspect] = useState(16 / 9);
  const [time, setTime] = useState(0);
  const [duration, setDuration] = useState(0);
  const [playing, setPlaying] = useState(false);
  const [failed, setFailed] = useState(false);
  const span = actSpan(item, clip, duration || 20);
  const now = useRef({ loop, span });
  now.current = { loop, span };

  useEffect(() => {
    if (ref.current) ref.current.playbackRate = slow ? SLOW : 1;
  }, [slow, duration]);

  // Every frame shown: the time for the overlay, the length of a frame, the end of the loop.
  useEffect(() => {
    const video = element;
    if (!video) return;
    let stopped = false;
    let last = -1;
    let handleId = 0;
    const seen = (_at: number, data: { mediaTime: number }) => {
      if (stopped) return;
      const step = data.mediaTime - last;
      if (last >= 0 && step > 0.005 && step < 1.2) frame.current = frame.current === FRAME_S ? step : Math.min(frame.current, step);
      last = data.mediaTime;
      setTime(data.mediaTime);
      if (now.current.loop && !video.paused && data.mediaTime >= now.current.span[1] - 0.02) video.currentTime = now.current.span[0];
      handleId = video.requestVideoFrameCallback(seen);
    };
    handleId = video.requestVideoFrameCallback(seen);
    return () => {
      stopped = true;
      video.cancelVideoFrameCallback(handleId);
    };
  }, [element]);

  const hold = useCallback((video: HTMLVideoElement | null) => {
    ref.current = video;
    setElement(video);
  }, []);
  const play = useCallback(() => {
    const video = ref.current;
    if (!video) return;
    const [from, to] = now.current.span;
    if (now.current.loop && (video.currentTime < from - 0.05 || video.currentTime >= to)) video.currentTime = from;
    video.play().catch(() => undefined);
  }, []);
  const toggle = useCallback(() => (ref.current?.paused ? play() : ref.current?.pause()), [play]);
  const step = useCallback((frames: number) => {
    const video = ref.current;
    if (!video) return;
    video.pause();
    video.currentTime = Math.min(video.duration || 0, Math.max(0, video.currentTime + frames * frame.current));
  }, []);
  const pause = useCallback(() => ref.current?.pause(), []);
  useImperativeHandle(handle, () => ({ toggle, step, pause }), [toggle, step, pause]);

  const at = Date.parse(clip.taken_at) + time * 1000;
  const stamp = (seconds: number) => `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;
  const percent = (seconds: number) => `${duration ? (seconds / duration) * 100 : 0}%`;

  if (failed) return <Empty icon="offline" title={t("player.failed")} />;
  return (
    <div className="player">
      <Stage aspect={aspect}>
        {(size) => (
          <>
            <video
              ref={hold}
              key={clip.url}
              src={clip.url}
              poster={props.poster}
              muted
              playsInline
              preload="auto"
              aria-label={t("role.clip")}
              onClick={editing ? undefined : toggle}
              onPlay={() => setPlaying(true)}
              onPause={() => setPlaying(false)}
              onError={() => setFailed(true)}
              onEnded={() => loop && play()}
              onLoadedMetadata={(event) => {
                const video = event.currentTarget;
                setAspect(video.videoWidth / video.videoHeight || 16 / 9);
                setDuration(video.duration);
                const [from] = actSpan(item, clip, video.duration);
                video.currentTime = from;
                if (props.playing) video.play().catch(() => undefined);
              }}
            />
            {overlay && !editing && <Boxes item={item} at={at} box={box} size={size} />}
            {editing && <BoxEditor box={box ?? item.bbox} onChange={props.onBox} />}
          </>
        )}
      </Stage>
      <div className="controls">
        <Button tone="quiet" small icon={playing ? "pause" : "play"} label={t(playing ? "player.pause" : "player.play")} keys="Space" onClick={toggle} />
        <Button tone="quiet" small icon="stepBack" label={t("player.back")} keys="," onClick={() => step(-1)} />
        <Button tone="quiet" small icon="stepForward" label={t("player.forward")} keys="." onClick={() => step(1)} />
        <div className="seek">
          <span className="track" aria-hidden="true">
            <i className="act" style={{ left: percent(span[0]), width: percent(span[1] - span[0]) }} title={t("player.act")} />
            <i className="done" style={{ width: percent(time) }} />
          </span>
          <input
            type="range"
            min={0}
            max={duration || 1}
            step={0.01}
            value={time}
            aria-label={t("player.seek")}
            aria-valuetext={stamp(time)}
            onChange={(event) => {
              if (ref.current) ref.current.currentTime = Number(event.target.value);
              setTime(Number(event.target.value));
            }}
          />
        </div>
        <span className="time mono">{stamp(time)}<span className="muted"> / {stamp(duration)}</span></span>
        <Button tone="quiet" small icon="slow" label={t("player.slow")} keys="S" aria-pressed={slow} onClick={props.onSlow} />
        <Button tone="quiet" small icon="loop" label={t("player.loop")} keys="L" aria-pressed={loop} onClick={props.onLoop} />
        <Button tone="quiet" small icon="overlay" label={t("player.overlay")} keys="O" aria-pressed={overlay} onClick={props.onOverlay} />
      </div>
    </div>
  );
});

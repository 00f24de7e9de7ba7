/** A map, only where the site has a tile server. */

import L from "leaflet";
import "leaflet/dist/leaflet.css";
import { useEffect, useRef } from "react";

export default function TileMap({ tiles, lat, lon }: { tiles: string; lat: number; lon: number }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!ref.current) return;
    const map = L.map(ref.current, { zoomControl: false, attributionControl: false, keyboard: false }).setView([lat, lon], 17);
    L.tileLayer(tiles, { maxZoom: 19 }).addTo(map);
    L.circleMarker([lat, lon], { radius: 8, className: "mapmark" }).addTo(map);
    return () => {
      map.remove();
    };
  }, [tiles, lat, lon]);
  return <div className="map" ref={ref} />;
}

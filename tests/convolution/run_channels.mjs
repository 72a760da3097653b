// Runs the page's channels on the cases that come in as JSON, for tests/convolution/test_channels.py.
import { readFileSync } from "node:fs";
import * as channels from "../../explorer/convolution/channels.js";

const RUNS = {
  network({ sent, filter }) {
    const { maps, layer } = channels.readLayer(sent);
    const products = channels.productsOf(maps, layer, filter);
    return { output: [...channels.run(maps, layer).values], products: products.map(({ map }) => [...map.values]) };
  },
  picture({ kind }) {
    const [maps, { filters, bias, moves }] = [channels.drawPicture(), channels.makeLayer(kind)];
    const shape = [filters.filters, filters.channels, filters.rows, filters.columns];
    const products = channels.productsOf(maps, { filters, moves }, 1).map(({ map }) => [...map.values]);
    const output = [...channels.run(maps, { filters, bias, moves }).values];
    return { maps: [...maps.values], shape, weights: [...filters.values], bias, groups: moves.groups, padding: moves.padding[0], output, products };
  },
  count: ({ layer, setting }) => channels.countLayer(layer, setting),
};

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(({ run, ...values }) => RUNS[run](values))));

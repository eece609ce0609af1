// What the compiler must say about modules and optimizers, without running anything: npm run test:types.
import { expectTypeOf } from 'expect-type';
import { nn, optim, zeros, type Tensor } from 'ostinato';

// forward needs no `override`, and takes and returns what the class says.
class Pair extends nn.Module {
  layer = new nn.Linear(2, 3);
  scale = new nn.Parameter(zeros([1]));
  forward(x: Tensor, state?: Tensor): [Tensor, Tensor] {
    const out = this.layer.forward(x).mul(this.scale);
    return [out, state ?? out];
  }
}
const model = new Pair();
expectTypeOf(model.forward(zeros([1, 2]))).toEqualTypeOf<[Tensor, Tensor]>();
expectTypeOf(model.parameters()).toEqualTypeOf<nn.Parameter[]>();
expectTypeOf(model.namedParameters()).toEqualTypeOf<[string, nn.Parameter][]>();
expectTypeOf(model.stateDict()).toEqualTypeOf<Map<string, Tensor>>();
expectTypeOf(model.eval()).toEqualTypeOf<Pair>();
expectTypeOf<nn.Parameter>().toExtend<Tensor>();
expectTypeOf(model.layer.bias).toEqualTypeOf<nn.Parameter | null>();

// Lists keep their modules' class.
expectTypeOf(new nn.ModuleList([new nn.Linear(1, 1)]).at(0)).toEqualTypeOf<nn.Linear>();
expectTypeOf(
  new nn.Sequential(new nn.Tanh(), model.layer).forward(zeros([2])),
).toEqualTypeOf<Tensor>();

const adam = new optim.Adam(model.parameters(), { lr: 0.1, betas: [0.5, 0.9] });
expectTypeOf(adam).toExtend<optim.Optimizer>();
expectTypeOf(adam.paramGroups[0].betas).toEqualTypeOf<readonly [number, number]>();
expectTypeOf(adam.step(() => 'loss')).toEqualTypeOf<string>();
new optim.SGD([{ params: model.layer.parameters(), lr: 1 }, { params: model.scale }], {
  momentum: 0.9,
});
new optim.lrScheduler.StepLR(adam, 3, { gamma: 0.5 });

// @ts-expect-error a layer of a Sequential takes one tensor and returns one
new nn.Sequential(model);
// @ts-expect-error Adam has no momentum
new optim.Adam(model.parameters(), { momentum: 0.9 });
// @ts-expect-error options come in an object
new nn.Linear(2, 3, false);
// @ts-expect-error a parameter is made of a tensor
new nn.Parameter([1, 2]);
// @ts-expect-error there is no such reduction
new nn.MSELoss({ reduction: 'average' });

import { Component, type ReactNode } from 'react';
import { Failure } from './failure.tsx';

interface Props {
  /** Where one is: elsewhere is another try. */
  place: string;
  children: ReactNode;
}
interface State {
  error?: unknown;
}

/** Keeps the navigation where a view breaks, as on an answer of an API that is newer than the page. */
export class Boundary extends Component<Props, State> {
  override state: State = {};

  static getDerivedStateFromError(error: unknown): State {
    return { error };
  }

  override componentDidUpdate({ place }: Props) {
    if (place !== this.props.place && this.state.error !== undefined) this.again();
  }

  again = () => this.setState({ error: undefined });

  override render() {
    const { error } = this.state;
    return error === undefined ? this.props.children : <Failure error={error} retry={this.again} />;
  }
}

import { Alert } from "@mantine/core";
import { useSearchParams } from "react-router-dom";
import { useOptions } from "../api/courses";
import { useI18n } from "../i18n/context";
import { problemKey } from "../lib/login_problem";

/** Why a log-in with an account elsewhere came to nothing, when the address says so. */
export function LoginProblem() {
  const { t } = useI18n();
  const options = useOptions();
  const [parameters] = useSearchParams();
  const problem = parameters.get("problem");
  const name = parameters.get("with");
  if (problem === null || options.isPending) return null;
  // Nothing of an address is repeated that is not known here.
  const title = options.data?.logins?.find((login) => login.name === name)?.title ?? "?";
  return (
    <Alert color="claret" role="alert" mb="md" data-testid="login-problem">
      {t(problemKey(problem), { title, contact: options.data?.contact ?? t("access.whoever") })}
    </Alert>
  );
}

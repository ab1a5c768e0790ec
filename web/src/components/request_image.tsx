import { TextInput } from "@mantine/core";
import { useEffect } from "react";
import { useAllowedImages } from "../api/courses";
import { useI18n } from "../i18n/context";
import type { RequestFormApi } from "./request_form_state";

/** A container image of the leader's choice, in an environment that takes one. */
export function RequestImage({ form }: { form: RequestFormApi }) {
  const { t } = useI18n();
  const { environment, image } = form.values;
  const { setFieldValue } = form;
  const allowed = useAllowedImages(environment);
  const offered = allowed.length > 0;
  useEffect(() => {
    // What cannot be seen any more is not sent either.
    if (!offered && image !== "") setFieldValue("image", "");
  }, [offered, image, setFieldValue]);
  if (!offered) return null;
  return (
    <TextInput
      label={t("field.image")}
      description={t("field.imageHint", { patterns: allowed.join(", ") })}
      inputWrapperOrder={["label", "input", "description", "error"]}
      autoCapitalize="none"
      autoComplete="off"
      spellCheck={false}
      style={{ overflowWrap: "anywhere" }}
      {...form.getInputProps("image")}
    />
  );
}
